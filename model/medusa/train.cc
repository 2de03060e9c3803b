#include "model/medusa/train.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <numeric>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "kernels/cpu/thread_pool.h"
#include "model/medusa/adam.h"
#include "model/medusa/head_gradient.h"

namespace jupiter {
namespace {

// Places of examples in random order, another one in every pass.
class Shuffle {
 public:
  Shuffle(std::int64_t count, std::uint64_t seed)
      : rng_(seed), order_(static_cast<std::size_t>(count)) {
    std::iota(order_.begin(), order_.end(), 0);
    next_ = order_.size();
  }

  std::int64_t Next() {
    if (next_ == order_.size()) Mix();
    return order_[next_++];
  }

 private:
  // Fisher-Yates: every library's own shuffle is a different one.
  void Mix() {
    for (std::size_t left = order_.size(); left > 1; --left) {
      std::swap(order_[left - 1], order_[rng_.Bits(draws_++) % left]);
    }
    next_ = 0;
  }

  CounterRng rng_;
  std::uint64_t draws_ = 0;
  std::vector<std::int64_t> order_;
  std::size_t next_ = 0;
};

// One head and what its training needs.
struct Trainee {
  Trainee(HeadWeights& weights, int hidden, int vocab, const std::vector<float>& model_output)
      : weights(weights), adam(weights), gradient(weights, hidden, vocab, model_output) {}

  HeadWeights& weights;
  Adam adam;
  HeadGradient gradient;
  std::vector<std::int32_t> targets;  // of the minibatch
  double loss = 0;
};

class Training {
 public:
  Training(std::vector<HeadWeights>& heads, const Examples& examples,
           const std::vector<float>& model_output, int vocab, const TrainingOptions& options)
      : examples_(examples),
        options_(options),
        shuffle_(examples.count(), options.seed),
        pool_(std::min(options.threads, examples.heads)) {
    for (HeadWeights& head : heads) {
      trainees_.push_back(std::make_unique<Trainee>(head, examples.hidden, vocab, model_output));
    }
  }

  void Run(const TrainingProgress& progress) {
    const std::int64_t steps = TrainingSteps(examples_, options_);
    for (std::int64_t step = 0; step < steps; ++step) {
      const double turn = std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps);
      const double rate = options_.rate * 0.5 * (1 + std::cos(turn));
      Gather();
      pool_.Run(std::ssize(trainees_), [&](std::int64_t head, int) {
        Trainee& trainee = *trainees_[static_cast<std::size_t>(head)];
        trainee.loss = trainee.gradient.Compute(trainee.weights, rows_, trainee.targets);
        trainee.adam.Step(rate, trainee.gradient.gradient(), trainee.weights);
      });
      if (!std::isfinite(MeanLoss())) {
        FailUser("step {} of {}: the loss of the draft heads is {}; --rate {} is too high",
                 step + 1, steps, MeanLoss(), options_.rate);
      }
      progress(step + 1, MeanLoss());
    }
  }

 private:
  // The next minibatch.
  void Gather() {
    const auto hidden = static_cast<std::ptrdiff_t>(examples_.hidden);
    rows_.clear();
    for (const auto& trainee : trainees_) trainee->targets.clear();
    for (int i = 0; i < options_.minibatch; ++i) {
      const std::int64_t example = shuffle_.Next();
      const auto row = examples_.rows.begin() + example * hidden;
      rows_.insert(rows_.end(), row, row + hidden);
      for (std::size_t head = 0; head < trainees_.size(); ++head) {
        trainees_[head]->targets.push_back(
            examples_.targets[head][static_cast<std::size_t>(example)]);
      }
    }
  }

  double MeanLoss() const {
    double sum = 0;
    for (const auto& trainee : trainees_) sum += trainee->loss;
    return sum / static_cast<double>(trainees_.size());
  }

  const Examples& examples_;
  const TrainingOptions& options_;
  Shuffle shuffle_;
  cpu::ThreadPool pool_;
  std::vector<std::unique_ptr<Trainee>> trainees_;
  std::vector<float> rows_;  // of the minibatch
};

}  // namespace

std::int64_t TrainingSteps(const Examples& examples, const TrainingOptions& options) {
  const double steps = options.epochs * static_cast<double>(examples.count()) / options.minibatch;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(steps)));
}

void TrainHeads(std::vector<HeadWeights>& heads, const Examples& examples,
                const std::vector<float>& model_output, int vocab, const TrainingOptions& options,
                const TrainingProgress& progress) {
  JUPITER_CHECK(examples.count() > 0 && std::ssize(heads) == examples.heads);
  Training(heads, examples, model_output, vocab, options).Run(progress);
}

}  // namespace jupiter

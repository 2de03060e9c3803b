#include "bench/measure/step_meter.h"

#include <algorithm>
#include <numeric>

#include "bench/report/metrics.h"
#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/transport/agreement.h"

namespace jupiter {
namespace {

constexpr double kMeteredSeconds = 1;
constexpr std::size_t kLeastSamples = 3;
constexpr int kMostPrompt = 64;

// Chains with these numbers of rows in turn.
class ChainsInTurn : public Drafter {
 public:
  explicit ChainsInTurn(const std::vector<int>& rows) : rows_(rows) {}

  void Begin(std::int32_t, std::span<const std::int32_t>) override {}
  void Extend(std::int32_t, std::span<const std::int32_t>, const Candidates&) override {}
  TokenTree Draft(std::int32_t, int most_rows) override {
    const int rows = std::min(rows_[next_++ % rows_.size()], most_rows);
    TokenTree tree;
    tree.tokens.resize(static_cast<std::size_t>(rows));
    tree.parents.resize(tree.tokens.size());
    std::iota(tree.parents.begin(), tree.parents.end(), -1);
    return tree;
  }
  void End(std::int32_t) override {}

 private:
  const std::vector<int>& rows_;
  std::size_t next_ = 0;
};

using Samples = std::map<int, std::vector<double>>;  // seconds, by rows; 1: plain

// Steps of a generation follow one another, each with tokens of its own.
void AddSteps(const Generation& generation, Samples& samples) {
  std::size_t token = 0;
  for (const DraftStep& step : generation.steps) {
    const std::size_t last = token + static_cast<std::size_t>(step.tokens);
    const int rows = 1 + step.nodes + step.past_end;
    samples[rows].push_back(generation.times[last] - generation.times[token]);
    token = last;
  }
}

void AddPlain(const Generation& generation, Samples& samples) {
  for (std::size_t i = 1; i < generation.times.size(); ++i) {
    samples[1].push_back(generation.times[i] - generation.times[i - 1]);
  }
}

class StepMeter {
 public:
  StepMeter(Transport& transport, Session& session, int prompt_tokens, const std::vector<int>& rows)
      : transport_(transport), session_(session), rows_(rows), chains_(rows) {
    JUPITER_CHECK(session.max_tokens() > 1, "no room for a step");
    request_.prompt.assign(static_cast<std::size_t>(std::min(prompt_tokens, kMostPrompt)), 0);
    request_.max_tokens = session.max_tokens();
  }

  StepSeconds Measure() {
    const double start = Now();
    do {
      AddPlain(Run(nullptr, 1), samples_);
      AddSteps(Run(&chains_, rows_.size()), samples_);
    } while (GoesOn(start));
    StepSeconds seconds;
    for (const auto& [rows, values] : samples_) {
      (rows == 1 ? seconds.plain : seconds.rows[rows]) = Quantile(values, 0.5);
    }
    return seconds;
  }

 private:
  // One request, ended when there are as many of `kinds` of steps as are wanted.
  Generation Run(Drafter* drafter, std::size_t kinds) {
    RunOptions options;
    options.drafts = drafter != nullptr;
    options.drafter = session_.is_source() ? drafter : nullptr;
    const double end = Now() + kMeteredSeconds / 4;
    std::size_t tokens = 0;
    RequestObserver observer;
    observer.on_token = [&](int, std::int32_t) {
      return ++tokens <= kLeastSamples * kinds || Now() < end;
    };
    std::vector<Generation> all = session_.Run({{}, {request_}}, options, observer, nullptr);
    return all.empty() ? Generation{} : std::move(all.front());
  }

  // The source decides for all ranks.
  bool GoesOn(double start) {
    const auto few = [&](int rows) { return samples_[rows].size() < kLeastSamples; };
    const bool goes_on =
        few(1) || std::any_of(rows_.begin(), rows_.end(), few) || Now() - start < kMeteredSeconds;
    return BroadcastFlag(transport_, goes_on, Strategy::kSource);
  }

  Transport& transport_;
  Session& session_;
  const std::vector<int>& rows_;
  ChainsInTurn chains_;
  Request request_;
  Samples samples_;
};

}  // namespace

double StepSeconds::At(int count) const {
  double most = plain;  // of fewer rows
  int below = 1;
  for (const auto& [measured, value] : rows) {
    const double seconds = std::max(most, value);
    if (measured >= count) return most + (seconds - most) * (count - below) / (measured - below);
    most = seconds;
    below = measured;
  }
  return most * count / below;
}

StepSeconds MeasureSteps(Transport& transport, Session& session, int prompt_tokens,
                         const std::vector<int>& rows) {
  return StepMeter(transport, session, prompt_tokens, rows).Measure();
}

}  // namespace jupiter

// Training on the text of a small model.
#include "model/medusa/train.h"

#include <gtest/gtest.h>

#include "kernels/base/check.h"
#include "model/medusa/head_gradient.h"
#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

constexpr int kHeads = 3;

class TrainTest : public testing::Test {
 protected:
  TrainTest() : stage_("synthetic:tiny"), output_(ReadOutputMatrix(stage_.checkpoint())) {
    TextOptions options;
    options.drawn = 20;
    options.greedy = 30;
    options.sampling.temperature = 1;
    const std::vector<std::vector<std::int32_t>> prompts = {{1}};
    examples_ = {kHeads, stage_.config().hidden, {}, {}};
    for (const Text& text : MakeTexts(stage_.stage(), prompts, options, 300, [](auto) {})) {
      AddExamples(text, std::vector<bool>(text.tokens.size(), true), examples_);
    }
    options_.epochs = 2;
    options_.minibatch = 30;
  }

  std::vector<HeadWeights> Untrained(bool own) const {
    return std::vector<HeadWeights>(
        kHeads, MakeIdentityHead(1, stage_.config().hidden, own ? output_ : std::vector<float>()));
  }

  std::vector<HeadWeights> Train(bool own, const TrainingOptions& options) {
    std::vector<HeadWeights> heads = Untrained(own);
    std::int64_t steps = 0;
    TrainHeads(heads, examples_, output_, stage_.config().vocab, options,
               [&](std::int64_t step, double loss) {
                 EXPECT_EQ(step, ++steps);
                 EXPECT_GT(loss, 0);
               });
    EXPECT_EQ(steps, TrainingSteps(examples_, options));
    return heads;
  }

  // Of all examples.
  double Loss(const std::vector<HeadWeights>& heads) const {
    double loss = 0;
    for (std::size_t head = 0; head < heads.size(); ++head) {
      HeadGradient gradient(heads[head], stage_.config().hidden, stage_.config().vocab, output_);
      loss += gradient.Compute(heads[head], examples_.rows, examples_.targets[head]) / kHeads;
    }
    return loss;
  }

  static std::vector<std::vector<float>> Numbers(std::vector<HeadWeights>& heads) {
    std::vector<std::vector<float>> numbers;
    for (HeadWeights& head : heads) {
      for (const std::vector<float>* part : head.Parts()) numbers.push_back(*part);
    }
    return numbers;
  }

  TestStage stage_;
  std::vector<float> output_;
  Examples examples_;
  TrainingOptions options_;
};

TEST_F(TrainTest, LossFalls) {
  for (const bool own : {false, true}) {
    const double before = Loss(Untrained(own));
    const double after = Loss(Train(own, options_));
    EXPECT_LT(after, 0.95 * before) << own;
    TrainingOptions longer = options_;
    longer.epochs = 5;
    EXPECT_LT(Loss(Train(own, longer)), after) << own;
  }
}

TEST_F(TrainTest, SeedAndNothingElseDecides) {
  std::vector<HeadWeights> first = Train(true, options_);
  for (const int threads : {2, 5}) {
    TrainingOptions options = options_;
    options.threads = threads;
    std::vector<HeadWeights> again = Train(true, options);
    EXPECT_EQ(Numbers(again), Numbers(first)) << threads;
  }
  TrainingOptions options = options_;
  options.seed = 1;
  std::vector<HeadWeights> other = Train(true, options);
  EXPECT_NE(Numbers(other), Numbers(first));
}

TEST_F(TrainTest, ALossThatIsNoNumberEndsIt) {
  options_.rate = 1e30;
  try {
    Train(true, options_);
    ADD_FAILURE() << "no error";
  } catch (const UserError& error) {
    const std::string_view text = error.what();
    EXPECT_NE(text.find("the loss of the draft heads is"), text.npos) << text;
    EXPECT_NE(text.find("--rate 1e+30 is too high"), text.npos) << text;
  }
}

TEST_F(TrainTest, MinibatchesMayBeLargerThanTheText) {
  options_.minibatch = 3 * static_cast<int>(examples_.count());
  options_.epochs = 0.1;
  EXPECT_EQ(TrainingSteps(examples_, options_), 1);
  EXPECT_LT(Loss(Train(true, options_)), Loss(Untrained(true)));
}

}  // namespace
}  // namespace jupiter

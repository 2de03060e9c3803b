// Times of a replay whose requests do not take turns: steps are told apart by their names.
#include "bench/paper/policy_times.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

// After the prefix, which is sequence 0: two requests of 4 tokens.
ShapeRun TwoRequests() {
  ShapeRun run;
  run.sets = {{5, {{1, 4}, {1, 4}}}};
  return run;
}

MarkTime BatchAt(double time, std::vector<SequenceStep> steps) {
  return {MarkKind::kStepBatch, std::ssize(steps), time, std::move(steps)};
}

class Source {
 public:
  Source() { marks_.push_back({MarkKind::kStart, 0, 0}); }
  Source& Tokens(double time, SequenceStep step) {
    const MarkKind kind = tokens_ == 0 ? MarkKind::kFirstToken : MarkKind::kToken;
    tokens_ += step.count;
    marks_.push_back({kind, tokens_, time, {step}});
    return *this;
  }
  Source& Batch(double time, std::vector<SequenceStep> steps) {
    marks_.push_back(BatchAt(time, std::move(steps)));
    return *this;
  }
  PolicyTimes Times() const {
    Replay replay;
    replay.ranks.resize(1);
    replay.ranks[0].marks = marks_;
    Plan plan;
    plan.layers = {1};
    return TimesOf(TwoRequests(), plan, replay);
  }

 private:
  std::vector<MarkTime> marks_;
  std::int64_t tokens_ = 0;
};

TEST(PolicyTimesTest, StepsAreOfTheRequestThatTheirMarksName) {
  Source source;
  source.Tokens(2, {2, 0, 1}).Tokens(3, {1, 0, 1});
  // The second request goes first once, and the verdicts come in another order than the batches.
  source.Batch(4, {{1, 1, 1}}).Batch(5, {{2, 1, 1}}).Tokens(6, {2, 1, 1}).Tokens(7, {1, 1, 1});
  source.Batch(8, {{2, 2, 1}}).Batch(11, {{1, 2, 1}}).Tokens(12, {1, 2, 1}).Tokens(13, {2, 2, 1});
  source.Batch(16, {{1, 3, 1}}).Batch(22, {{2, 3, 1}}).Tokens(23, {1, 3, 1}).Tokens(24, {2, 3, 1});
  const PolicyTimes times = source.Times();
  EXPECT_DOUBLE_EQ(times.ttft, 2);
  EXPECT_DOUBLE_EQ(times.e2e, 24);
  // All have their first token at 3; six more follow.
  EXPECT_DOUBLE_EQ(times.settled, (24 - 3) / 6.0);
  // Until the first request is through: from its second step, at 11, to its third, at 16.
  EXPECT_DOUBLE_EQ(times.round.seconds, 16 - 11);
  EXPECT_EQ(times.round.first_batch, 3u);
  EXPECT_EQ(times.round.batches, 2u);
  EXPECT_DOUBLE_EQ(times.round.items, 1);
  // In that time the step of 11 is in flight for 1, and that of 8 for 2, of 5.
  EXPECT_DOUBLE_EQ(times.round.in_flight, (1.0 + 2.0) / 5);
}

TEST(PolicyTimesTest, StepsOfOneBatchLeaveTogether) {
  Source source;
  source.Tokens(1, {1, 0, 1}).Tokens(2, {2, 0, 1});
  for (std::int64_t step : {1, 2, 3}) {
    const double time = 10 * static_cast<double>(step);
    source.Batch(time, {{2, step, 1}, {1, step, 1}});
    source.Tokens(time + 4, {1, step, 1}).Tokens(time + 4, {2, step, 1});
  }
  const RoundFacts round = source.Times().round;
  EXPECT_DOUBLE_EQ(round.seconds, 10);
  EXPECT_DOUBLE_EQ(round.items, 2);
  EXPECT_EQ(round.first_batch, 1u);
  EXPECT_EQ(round.batches, 2u);
  EXPECT_DOUBLE_EQ(round.in_flight, 2 * 4.0 / 10);
}

}  // namespace
}  // namespace jupiter

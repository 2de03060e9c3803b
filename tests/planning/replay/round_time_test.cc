#include "planning/replay/round_time.h"

#include <gtest/gtest.h>

#include "planning/replay/testbed.h"
#include "tests/planning/replay/simulation_builders.h"

namespace jupiter {
namespace {

TEST(RoundTimeTest, FewBatchesTakeAsLongAsOne) {
  const BatchWork work{{2, 3}, {1, 0.5}, 0.25};
  EXPECT_DOUBLE_EQ(work.Pass(), 6.75);
  const RoundTime round = PredictRound(work, 2);
  EXPECT_DOUBLE_EQ(round.seconds, 6.75);
  EXPECT_DOUBLE_EQ(round.in_flight, 2);
  EXPECT_DOUBLE_EQ(round.at_work, 2);
  EXPECT_DOUBLE_EQ(round.utilisation, 2 * 5 / 2.0 / 6.75);
}

TEST(RoundTimeTest, ManyKeepTheBusiestStageOrLinkBusy) {
  const RoundTime of_stage = PredictRound({{2, 3}, {1, 0.5}, 0.25}, 4);
  EXPECT_DOUBLE_EQ(of_stage.seconds, 12);
  EXPECT_DOUBLE_EQ(of_stage.in_flight, 4);
  EXPECT_DOUBLE_EQ(of_stage.at_work, 4 * 6.75 / 12);
  const RoundTime of_link = PredictRound({{2, 3}, {5, 0.5}, 0}, 4);
  EXPECT_DOUBLE_EQ(of_link.seconds, 20);
  EXPECT_DOUBLE_EQ(of_link.utilisation, 4 * 2.5 / 20);
}

TEST(RoundTimeTest, WorkIsTheMeanOfTheStepsThatCount) {
  // A prompt, then three steps; the last two count. Messages of 1000 bytes take a second.
  RunRecord record = EmptyRecord(2);
  const auto batch = [&](MarkKind kind, double first, double second, int back) {
    At(record, 0).Mark(kind, 1).Op(first).Send(1, 1000);
    At(record, 1).Mark(kind, 1).Receive(0, 1000).Op(second).Send(0, back);
    At(record, 0).Receive(1, back).Mark(MarkKind::kToken, 1);
  };
  batch(MarkKind::kPromptBatch, 9, 9, 9);
  batch(MarkKind::kStepBatch, 7, 7, 7);
  batch(MarkKind::kStepBatch, 2, 3, 500);
  batch(MarkKind::kStepBatch, 4, 5, 1500);
  Link link = PlainLink();
  link.latency = 0.25;
  const BatchWork work = BatchWorkOf(record, UniformTestbed(2, link), {0, 1}, 1, 2);
  EXPECT_EQ(work.stages, (std::vector<double>{3, 4}));
  EXPECT_EQ(work.links, (std::vector<double>{1, 1}));
  EXPECT_DOUBLE_EQ(work.latency, 0.5);
  EXPECT_DOUBLE_EQ(PredictRound(work, 1).seconds, 9.5);
}

TEST(PayloadFactorsTest, StepsOfFewRowsTravelInPaddedBuffers) {
  PayloadFactors factors;
  factors.prompt[kBatchChannel] = 3;
  factors.step[kBatchChannel] = 2;
  factors.padded_rows = 8;
  EXPECT_DOUBLE_EQ(FactorOf(factors, kBatchChannel, /*in_step=*/false, 1), 3);
  EXPECT_DOUBLE_EQ(FactorOf(factors, kBatchChannel, /*in_step=*/true, 1), 16);
  EXPECT_DOUBLE_EQ(FactorOf(factors, kBatchChannel, /*in_step=*/true, 4), 4);
  EXPECT_DOUBLE_EQ(FactorOf(factors, kBatchChannel, /*in_step=*/true, 9), 2);
  EXPECT_DOUBLE_EQ(FactorOf(factors, kHeadRowChannel, /*in_step=*/true, 1), 1);
}

}  // namespace
}  // namespace jupiter

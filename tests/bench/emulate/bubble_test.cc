// The idle share of a pipeline, from a replay that is written down here.
#include <gtest/gtest.h>

#include "bench/emulate/emulated_case.h"

namespace jupiter {
namespace {

Activity Computes(double begin, double end) {
  return {.kind = Activity::Kind::kCompute, .begin = begin, .end = end};
}
Activity Sends(double begin, double end) {
  return {.kind = Activity::Kind::kHost, .begin = begin, .end = end};
}
Activity Waits(double begin, double end) {
  return {.kind = Activity::Kind::kWait, .begin = begin, .end = end};
}

Plan PlanOf(std::vector<int> layers) {
  Plan plan;
  plan.strategy = "jupiter";
  plan.layers = std::move(layers);
  return plan;
}

RankReplay RankThatDid(std::vector<Activity> activities) {
  RankReplay rank;
  rank.activities = std::move(activities);
  return rank;
}

// Two slices on two stages of 2 s each: of 2 x 6 s, 8 s of ops and 1 s of messages are busy. What
// comes after the first token, and the rank without layers, do not count.
TEST(BubbleTest, CountsOpsAndMessagesUntilTheLastSlice) {
  Replay replay;
  replay.ranks = {RankThatDid({Computes(0, 2), Sends(2, 2.5), Computes(2.5, 4.5), Waits(4.5, 7),
                               Computes(7, 9)}),
                  RankThatDid({Waits(0, 9)}),
                  RankThatDid({Waits(0, 1.5), Sends(1.5, 2), Computes(2, 6), Sends(6, 6.5),
                               Waits(6.5, 9), Computes(9, 10)})};
  replay.ranks[0].marks = {{MarkKind::kStart, 0, 0}, {MarkKind::kFirstToken, 1, 7}};
  EXPECT_DOUBLE_EQ(Bubble(replay, PlanOf({1, 0, 1})), 1 - 9.0 / 12);
}

TEST(BubbleTest, ARankAloneNeverIdles) {
  Replay replay;
  replay.ranks = {RankThatDid({Computes(0, 9)})};
  replay.ranks[0].marks = {{MarkKind::kStart, 0, 0}, {MarkKind::kFirstToken, 1, 7}};
  EXPECT_DOUBLE_EQ(Bubble(replay, PlanOf({2})), 0);
}

}  // namespace
}  // namespace jupiter

// Speculation's statistics, by hand.
#include "bench/report/draft_statistics.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

TEST(DraftStatisticsTest, CountsAndRates) {
  // {nodes, depth, accepted with the root}
  const std::vector<DraftStep> steps = {{10, 4, 1}, {10, 4, 3}, {10, 2, 3}, {0, 0, 1}, {5, 4, 5}};
  const DraftStatistics all = Summarise(steps);
  EXPECT_EQ(all.steps, 5);
  EXPECT_EQ(all.num_drafts, 4);
  EXPECT_EQ(all.draft_tokens, 35);
  EXPECT_EQ(all.accepted_tokens, 8);
  EXPECT_EQ(all.wasted_tokens, 27);
  EXPECT_DOUBLE_EQ(all.acceptance_rate, 8.0 / 35);
  EXPECT_DOUBLE_EQ(all.acceptance_length, 13.0 / 5);
  EXPECT_DOUBLE_EQ(all.draft_length, 12.0 / 4);
  // Depths 3 and 4 were there in three of the drafts.
  EXPECT_EQ(all.per_position, (std::vector<double>{3.0 / 4, 3.0 / 4, 1.0 / 3, 1.0 / 3}));
}

TEST(DraftStatisticsTest, NothingIsZero) {
  const DraftStatistics none = Summarise({});
  EXPECT_EQ(none.steps, 0);
  EXPECT_EQ(none.acceptance_rate, 0);
  EXPECT_EQ(none.acceptance_length, 0);
  EXPECT_EQ(none.draft_length, 0);
  EXPECT_TRUE(none.per_position.empty());
}

TEST(DraftStatisticsTest, StepsWithoutDraftsArePlainDecoding) {
  const std::vector<DraftStep> steps(7);
  const DraftStatistics plain = Summarise(steps);
  EXPECT_EQ(plain.steps, 7);
  EXPECT_EQ(plain.num_drafts, 0);
  EXPECT_EQ(plain.acceptance_rate, 0);
  EXPECT_EQ(plain.acceptance_length, 1);
  EXPECT_EQ(plain.draft_length, 0);
}

}  // namespace
}  // namespace jupiter

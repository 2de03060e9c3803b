// Speculation's statistics, by hand.
#include "bench/report/draft_statistics.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

TEST(DraftStatisticsTest, CountsAndRates) {
  // {nodes, past the end, depth, accepted, tokens}
  const std::vector<DraftStep> steps = {
      {10, 0, 4, 0, 1}, {10, 0, 4, 2, 3}, {10, 0, 2, 2, 3}, {0, 0, 0, 0, 1}, {5, 0, 4, 4, 5}};
  const DraftStatistics all = Summarise(steps);
  EXPECT_EQ(all.steps, 5);
  EXPECT_EQ(all.num_drafts, 4);
  EXPECT_EQ(all.draft_tokens, 35);
  EXPECT_EQ(all.accepted_tokens, 8);
  EXPECT_EQ(all.wasted_tokens, 27);
  EXPECT_EQ(all.past_end_tokens, 0);
  EXPECT_EQ(all.tokens, 13);
  EXPECT_DOUBLE_EQ(all.acceptance_rate.value(), 8.0 / 35);
  EXPECT_DOUBLE_EQ(all.acceptance_length.value(), 13.0 / 5);
  EXPECT_DOUBLE_EQ(all.draft_length.value(), 12.0 / 4);
  EXPECT_DOUBLE_EQ(all.rows.value(), 40.0 / 5);
  // Depths 3 and 4 were there in three of the drafts.
  EXPECT_EQ(all.per_position, (std::vector<double>{3.0 / 4, 3.0 / 4, 1.0 / 3, 1.0 / 3}));
}

// 5 tokens, the first of them by the prompt, with drafts of 24 that are right: 4 tokens, not 25.
TEST(DraftStatisticsTest, TokensPastTheEndAreNoGain) {
  const DraftStatistics all = Summarise(std::vector<DraftStep>{{4, 20, 4, 4, 4}});
  EXPECT_DOUBLE_EQ(all.acceptance_length.value(), 4);
  EXPECT_DOUBLE_EQ(all.draft_length.value(), 4);
  EXPECT_DOUBLE_EQ(all.acceptance_rate.value(), 1);
  EXPECT_EQ(all.wasted_tokens, 0);
  EXPECT_EQ(all.past_end_tokens, 20);
  EXPECT_DOUBLE_EQ(all.rows.value(), 25);
  EXPECT_EQ(all.per_position, std::vector<double>(4, 1.0));
}

// A step whose only token is the model's end token adds nothing to the answer.
TEST(DraftStatisticsTest, TheEndTokenIsNone) {
  const DraftStatistics all = Summarise(std::vector<DraftStep>{{3, 0, 3, 2, 3}, {0, 3, 0, 0, 0}});
  EXPECT_DOUBLE_EQ(all.acceptance_length.value(), 1.5);
  EXPECT_DOUBLE_EQ(all.acceptance_rate.value(), 2.0 / 3);
  EXPECT_EQ(all.num_drafts, 2);
}

TEST(DraftStatisticsTest, NothingHasNoRates) {
  const DraftStatistics none = Summarise({});
  EXPECT_EQ(none.steps, 0);
  EXPECT_EQ(none.acceptance_rate, std::nullopt);
  EXPECT_EQ(none.acceptance_length, std::nullopt);
  EXPECT_EQ(none.draft_length, std::nullopt);
  EXPECT_EQ(none.rows, std::nullopt);
  EXPECT_TRUE(none.per_position.empty());
}

TEST(DraftStatisticsTest, StepsWithoutDraftsArePlainDecoding) {
  const std::vector<DraftStep> steps(7);
  const DraftStatistics plain = Summarise(steps);
  EXPECT_EQ(plain.steps, 7);
  EXPECT_EQ(plain.num_drafts, 0);
  EXPECT_EQ(plain.acceptance_rate, std::nullopt);
  EXPECT_EQ(plain.acceptance_length, 1);
  EXPECT_EQ(plain.draft_length, std::nullopt);
}

}  // namespace
}  // namespace jupiter

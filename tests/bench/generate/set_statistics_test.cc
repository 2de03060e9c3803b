#include "bench/generate/set_statistics.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

Generation Of(double start, std::vector<double> times) {
  Generation generation;
  generation.start = start;
  generation.tokens.resize(times.size());
  generation.times = std::move(times);
  return generation;
}

TEST(SetStatisticsTest, RequestsSideBySide) {
  // Tokens of one verdict have one time.
  const std::vector<Generation> set = {Of(1, {2, 4, 4, 5}), Of(2, {3, 6})};
  const SetStatistics all = SummariseSet(set);
  EXPECT_EQ(all.tokens, 6);
  EXPECT_EQ(all.seconds, 5);
  EXPECT_EQ(all.most_at_once, 2);
  EXPECT_DOUBLE_EQ(all.mean_at_once, (4.0 + 4.0) / 5);
  EXPECT_EQ(all.rounds, 2);
  EXPECT_EQ(all.round_times, (std::vector<double>{2, 1, 3}));
}

TEST(SetStatisticsTest, OneBehindTheOther) {
  const std::vector<Generation> set = {Of(0, {1}), Of(1, {2}), Of(3, {4})};
  const SetStatistics all = SummariseSet(set);
  EXPECT_EQ(all.most_at_once, 1);
  EXPECT_DOUBLE_EQ(all.mean_at_once, 0.75);
  EXPECT_EQ(all.rounds, 0);
  EXPECT_TRUE(all.round_times.empty());
}

TEST(SetStatisticsTest, RequestsWithoutTokens) {
  const std::vector<Generation> set = {Of(0, {}), Of(1, {3})};
  EXPECT_EQ(SummariseSet(set).most_at_once, 1);
  EXPECT_EQ(SummariseSet(set).seconds, 2);
  const SetStatistics none = SummariseSet({});
  EXPECT_EQ(none.tokens, 0);
  EXPECT_EQ(none.rounds, 0);
  EXPECT_EQ(none.mean_at_once, 0);
}

}  // namespace
}  // namespace jupiter

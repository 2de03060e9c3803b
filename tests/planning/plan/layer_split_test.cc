// Layer splits over random models and clusters.
#include "planning/plan/layer_split.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/base/rng.h"

namespace jupiter {
namespace {

using Split = std::vector<int>;

int SumOfSplit(const Split& split) { return std::accumulate(split.begin(), split.end(), 0); }

TEST(EqualLayersTest, EarlierRanksTakeTheRemainder) {
  EXPECT_EQ(EqualLayers(22, 4), (Split{6, 6, 5, 5}));
  EXPECT_EQ(EqualLayers(2, 4), (Split{1, 1, 0, 0}));
  EXPECT_EQ(EqualLayers(6, 1), Split{6});
  for (int layers = 1; layers <= 40; ++layers) {
    for (int ranks = 1; ranks <= 12; ++ranks) {
      const Split split = EqualLayers(layers, ranks);
      ASSERT_EQ(std::ssize(split), ranks);
      EXPECT_EQ(SumOfSplit(split), layers);
      EXPECT_TRUE(std::is_sorted(split.rbegin(), split.rend()));
      EXPECT_LE(split.front() - split.back(), 1);
    }
  }
}

TEST(ProportionalLayersTest, FollowsTheSpeeds) {
  EXPECT_EQ(ProportionalLayers(12, {1, 2, 3}), (Split{2, 4, 6}));
  EXPECT_EQ(ProportionalLayers(10, {1, 1, 1}), (Split{4, 3, 3}));  // ties: the earlier rank
  EXPECT_EQ(ProportionalLayers(10, {3, 3, 4}), (Split{3, 3, 4}));
  EXPECT_EQ(ProportionalLayers(4, {100, 1}), (Split{4, 0}));
  EXPECT_EQ(ProportionalLayers(5, {0.2}), Split{5});
}

TEST(ProportionalLayersTest, EveryRankIsWithinALayerOfItsShare) {
  const CounterRng rng(1);
  std::uint64_t at = 0;
  for (int round = 0; round < 3000; ++round) {
    const int layers = 1 + static_cast<int>(rng.Bits(at++) % 80);
    std::vector<double> speeds(1 + rng.Bits(at++) % 8);
    // Over six orders of magnitude.
    for (double& speed : speeds) speed = std::pow(10.0, 6.0 * rng.Uniform(at++) - 3.0);
    const Split split = ProportionalLayers(layers, speeds);
    ASSERT_EQ(split.size(), speeds.size());
    EXPECT_EQ(SumOfSplit(split), layers);
    const double whole = std::accumulate(speeds.begin(), speeds.end(), 0.0);
    for (std::size_t rank = 0; rank < split.size(); ++rank) {
      EXPECT_GE(split[rank], 0);
      EXPECT_LT(std::fabs(split[rank] - layers * speeds[rank] / whole), 1.0 + 1e-9) << round;
    }
  }
}

TEST(ProportionalLayersTest, FasterRanksNeverGetLess) {
  const CounterRng rng(2);
  for (std::uint64_t round = 0; round < 1000; ++round) {
    std::vector<double> speeds(5);
    for (std::size_t i = 0; i < 5; ++i) speeds[i] = 0.01 + rng.Uniform(round * 5 + i);
    const Split split = ProportionalLayers(28, speeds);
    for (std::size_t a = 0; a < 5; ++a) {
      for (std::size_t b = 0; b < 5; ++b) {
        EXPECT_TRUE(speeds[a] <= speeds[b] || split[a] >= split[b]) << round;
      }
    }
  }
}

TEST(ProportionalLayersTest, UnitsDoNotMatter) {
  EXPECT_EQ(ProportionalLayers(32, {1e-9, 3e-9, 2e-9}), ProportionalLayers(32, {1e9, 3e9, 2e9}));
}

}  // namespace
}  // namespace jupiter

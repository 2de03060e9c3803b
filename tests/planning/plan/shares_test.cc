// Shares of heads, columns and rows: how they are made, and in which words they are refused.
#include "planning/plan/shares.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/refusal.h"

namespace jupiter {
namespace {

using Ints = std::vector<int>;

// As synthetic:tiny: heads of 64 query columns.
ModelShape Tiny(DType weights) {
  ModelShape shape;
  ModelConfig& config = shape.config;
  config.layers = 1;
  config.hidden = 256;
  config.heads = 8;
  config.kv_heads = 4;
  config.head_dim = 32;
  config.ffn = 512;
  shape.layers.assign(1, {weights, weights, weights, weights, weights, weights, weights});
  return shape;
}

// Heads of 16 query columns: half a block.
ModelShape NarrowHeads() {
  ModelShape shape = Tiny(DType::kQ4_0);
  shape.config.head_dim = 8;
  return shape;
}

std::string SharesRefusal(const Shares& shares, int ranks, DType weights = DType::kF32) {
  return RefusalOf([&] { CheckShares(shares, Tiny(weights), ranks); });
}

TEST(SharesTest, UnitsAreWholeBlocksOfColumns) {
  const auto units = [](DType weights) {
    const ShareUnits found = UnitsOf(Tiny(weights));
    return std::pair(found.heads, found.columns);
  };
  EXPECT_EQ(units(DType::kF32), std::pair(1, 1));
  EXPECT_EQ(units(DType::kQ8_0), std::pair(1, 32));  // 64 columns per head are two blocks
  EXPECT_EQ(units(DType::kQ4_K), std::pair(4, 256));
  // The coarsest type of any layer decides.
  ModelShape mixed = Tiny(DType::kQ8_0);
  mixed.layers.push_back(mixed.layers.front());
  mixed.layers.back().w_down = DType::kQ6_K;
  EXPECT_EQ(UnitsOf(mixed).columns, 256);
  EXPECT_EQ(UnitsOf(mixed).heads, 1);
}

TEST(SharesTest, KTypesCanBeCutInsideTheirBlocks) {
  EXPECT_EQ(CutsOf(Tiny(DType::kF16)).columns, 1);
  EXPECT_EQ(CutsOf(Tiny(DType::kQ4_K)).columns, 32);
  EXPECT_EQ(CutsOf(Tiny(DType::kQ6_K)).heads, 1);
  EXPECT_EQ(SharesRefusal({{3, 1}, {96, 416}, {}}, 2, DType::kQ4_K), "no error");
  EXPECT_EQ(SharesRefusal({{}, {100, 412}, {}}, 2, DType::kQ6_K),
            "--columns 100,412: the share of rank 0 ends at 100; the down projection is quantised "
            "in blocks of columns: cut at multiples of 32");
}

TEST(SharesTest, SplitsInWholeUnitsByWeight) {
  EXPECT_EQ(SplitByWeight(10, 1, {1, 1, 1}), (Ints{4, 3, 3}));
  EXPECT_EQ(SplitByWeight(512, 32, {3, 1}), (Ints{384, 128}));
  EXPECT_EQ(SplitByWeight(2, 1, {1, 1, 1, 1}), (Ints{1, 1, 0, 0}));
  EXPECT_EQ(SplitByWeight(7, 1, {0, 2, 0, 5}), (Ints{0, 2, 0, 5}));
  // What fills no unit goes to the last that has any.
  EXPECT_EQ(SplitByWeight(70, 32, {1, 1, 0}), (Ints{32, 38, 0}));
  EXPECT_EQ(SplitByWeight(20, 32, {0, 1}), (Ints{20, 0}));
}

TEST(SharesTest, WhatIsRight) {
  EXPECT_EQ(SharesRefusal({{3, 1}, {480, 32}, {3, 0}}, 2, DType::kQ8_0), "no error");
  EXPECT_EQ(SharesRefusal({{0, 4, 0}, {0, 256, 256}, {}}, 3, DType::kQ4_K), "no error");
  EXPECT_EQ(SharesRefusal({}, 5), "no error");
}

TEST(SharesTest, RefusesInWords) {
  EXPECT_EQ(SharesRefusal({{4, 0, 0}, {}, {}}, 2),
            "--heads 4,0,0: 3 numbers for 2 ranks; give one per rank");
  EXPECT_EQ(SharesRefusal({{5, -1}, {}, {}}, 2), "--heads 5,-1: a share is negative");
  EXPECT_EQ(SharesRefusal({{2, 1}, {}, {}}, 2),
            "--heads 2,1: they add up to 3, the model has 4 KV heads");
  EXPECT_EQ(SharesRefusal({{}, {512, 512}, {}}, 2),
            "--columns 512,512: they add up to 1024, the model has 512 feed-forward columns");
  EXPECT_EQ(SharesRefusal({{}, {100, 412}, {}}, 2, DType::kQ4_0),
            "--columns 100,412: the share of rank 0 ends at 100; the down projection is quantised "
            "in blocks of columns: cut at multiples of 32");
  EXPECT_EQ(RefusalOf([&] {
              CheckShares({{3, 1}, {}, {}}, NarrowHeads(), 2);
            }),
            "--heads 3,1: the share of rank 0 ends at 3; the output projection is quantised in "
            "blocks of columns: cut at multiples of 2");
  EXPECT_EQ(SharesRefusal({{}, {}, {0, 0}}, 2), "--rows 0,0: expected a weight above 0");
  EXPECT_EQ(SharesRefusal({{}, {}, {1}}, 2), "--rows 1: 1 numbers for 2 ranks; give one per rank");
}

TEST(SharesTest, ShowsTheListsThatThereAre) {
  EXPECT_EQ(Show({{2, 2}, {320, 192}, {}}), "heads 2,2 columns 320,192");
  EXPECT_EQ(Show({{}, {}, {1, 1}}), "rows 1,1");
  EXPECT_EQ(Show({}), "");
}

}  // namespace
}  // namespace jupiter

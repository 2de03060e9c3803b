#include "bench/generate/kv_meter.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

Batch Opening(std::vector<SequenceOpening> open, std::vector<std::int32_t> close = {}) {
  Batch batch;
  batch.open = std::move(open);
  batch.close = std::move(close);
  return batch;
}

TEST(KvMeterTest, SharedPrefixAndTails) {
  KvMeter meter;
  meter.Take(Opening({{0, 100, -1}}));
  meter.Take(Opening({{1, 20, 0}}));
  meter.Take(Opening({{2, 30, 0}}));
  EXPECT_EQ(meter.peak().shared, 100);
  EXPECT_EQ(meter.peak().tails, 50);
  EXPECT_EQ(meter.peak().total(), 150);
  EXPECT_EQ(meter.peak().copied, 250);
}

TEST(KvMeterTest, WhatIsClosedIsFreeBehindTheBatch) {
  KvMeter meter;
  meter.Take(Opening({{0, 10, -1}}));
  meter.Take(Opening({{1, 20, -1}}, {0}));
  EXPECT_EQ(meter.peak().total(), 30);
  meter.Take(Opening({{2, 5, -1}}));
  meter.Take(Opening({{3, 4, -1}}, {1}));
  EXPECT_EQ(meter.peak().total(), 30);
  meter.Take(Opening({{4, 22, -1}}));
  EXPECT_EQ(meter.peak().total(), 31);
  EXPECT_EQ(meter.peak().shared, 0);
  EXPECT_EQ(meter.peak().copied, 31);
}

TEST(KvMeterTest, NothingIsHeldBeforeTheFirstBatch) { EXPECT_EQ(KvMeter().peak().total(), 0); }

}  // namespace
}  // namespace jupiter

// The formulas of messages against the table of design: bytes of each strategy per rank, layer and
// token, and uneven shares by hand.
#include "planning/cost/expected_bytes.h"
#include "planning/cost/request_traffic.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

ModelConfig SevenBillionConfig() {
  ModelConfig config;
  config.layers = 32;
  config.hidden = 4096;
  config.heads = config.kv_heads = 32;
  config.head_dim = 128;
  config.ffn = 11008;
  config.vocab = 32000;
  return config;
}

Plan SharedPlan(const std::string& strategy, const ModelConfig& config, Shares shares, int ranks) {
  Plan plan;
  plan.strategy = strategy;
  plan.layers.assign(static_cast<std::size_t>(ranks), config.layers);
  plan.shares = std::move(shares);
  plan.wire = DType::kF16;
  return plan;
}

// Payload per rank and layer of a prompt of four tokens on four ranks, without the row for the
// head.
std::int64_t PayloadPerLayer(const std::string& strategy, int rank) {
  const ModelConfig config = SevenBillionConfig();
  const Plan plan =
      SharedPlan(strategy, config, {{8, 8, 8, 8}, {2752, 2752, 2752, 2752}, {1, 1, 1, 1}}, 4);
  std::int64_t payload = RequestTraffic(config, plan, {4}, 1, rank).payload;
  const bool has_rows = strategy == "sequence" || strategy == "galaxy";
  if (has_rows && rank == 3) payload -= 4096 * 4;
  EXPECT_EQ(payload % 32, 0);
  return payload / 32;
}

TEST(RequestTrafficTest, BytesPerTokenAreThoseOfTheTable) {
  for (int rank = 0; rank < 4; ++rank) {
    EXPECT_EQ(PayloadPerLayer("sequence", rank), 4 * 12288);
    EXPECT_EQ(PayloadPerLayer("megatron", rank), 4 * 24576);
    EXPECT_EQ(PayloadPerLayer("detransformer", rank), 4 * 12288);
    EXPECT_EQ(PayloadPerLayer("galaxy", rank), 4 * 24576);
  }
  Plan pipeline = SharedPlan("edgeshard", SevenBillionConfig(), {}, 4);
  pipeline.layers = {8, 8, 8, 8};
  for (int rank = 0; rank < 4; ++rank) {
    EXPECT_EQ(RequestTraffic(SevenBillionConfig(), pipeline, {4}, 1, rank).payload,
              rank < 3 ? 4 * 8192 : 0);
  }
}

// 7B: 768 KiB per rank and decode step, half of it with one sum per layer, nothing where the source
// goes on alone.
TEST(RequestTrafficTest, BytesPerDecodeStepAreThoseOfTheTable) {
  const ModelConfig config = SevenBillionConfig();
  const auto step = [&](const std::string& strategy) {
    const Plan plan =
        SharedPlan(strategy, config, {{8, 8, 8, 8}, {2752, 2752, 2752, 2752}, {1, 1, 1, 1}}, 4);
    return RequestTraffic(config, plan, {4}, 3, 1).payload -
           RequestTraffic(config, plan, {4}, 2, 1).payload;
  };
  EXPECT_EQ(step("megatron"), 768 * 1024);
  EXPECT_EQ(step("galaxy"), 768 * 1024);
  EXPECT_EQ(step("detransformer"), 384 * 1024);
  EXPECT_EQ(step("sequence"), 0);
}

// Two layers, rows 5, 0 and 3 of 8: who has nothing sends nothing of its own.
TEST(RequestTrafficTest, UnevenRowsByHand) {
  ModelConfig config;
  config.layers = 2;
  config.hidden = 64;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 16;
  const auto traffic = [&](const std::string& strategy, int rank) {
    const Plan plan = SharedPlan(strategy, config, {{1, 1, 0}, {32, 32, 0}, {5, 0, 3}}, 3);
    return RequestTraffic(config, plan, {8}, 1, rank);
  };
  // Rings 0 -> 1 -> 2 -> 0; all-gather: all but the successor's, reduce-scatter: all but the own.
  // Keys and values: rows of 32 columns in f16. Header of a block of 8 rows that opens a sequence:
  // 22 numbers and a frame of 32 bytes in units of 64.
  const std::int64_t kv = 32 * 2;
  EXPECT_EQ(traffic("sequence", 0),
            (ExpectedTraffic{2 + 2 + 8, 2 * (128 + 64) + 8 * 64, 4 * 8 * kv}));
  EXPECT_EQ(traffic("sequence", 1), (ExpectedTraffic{4, 4 * 64, 4 * 5 * kv}));
  EXPECT_EQ(traffic("sequence", 2), (ExpectedTraffic{4 + 1, 5 * 64, 4 * 3 * kv + 64 * 4}));
  const std::int64_t row = 64 * 2;
  EXPECT_EQ(traffic("galaxy", 0).payload, 4 * (8 + 3) * row);
  EXPECT_EQ(traffic("galaxy", 1).payload, 4 * (5 + 8) * row);
  EXPECT_EQ(traffic("galaxy", 2).payload, 4 * (3 + 5) * row + 64 * 4);
  // 64 columns in blocks of one: 22, 21, 21.
  const std::int64_t column = 8 * 2;
  EXPECT_EQ(traffic("megatron", 0).payload, 4 * (42 + 43) * column);
  EXPECT_EQ(traffic("megatron", 1).payload, 4 * (43 + 43) * column);
  EXPECT_EQ(traffic("detransformer", 2).payload, 2 * (43 + 42) * column);
}

// From the first row that cannot be cut the source goes on alone.
TEST(RequestTrafficTest, SequenceStaysAloneOnceItIs) {
  const ModelConfig config = SevenBillionConfig();
  const Plan plan = SharedPlan("sequence", config, {{}, {}, {1, 1}}, 2);
  EXPECT_EQ(RequestTraffic(config, plan, {1, 7}, 5, 0), (ExpectedTraffic{2, 128, 0}));
  EXPECT_EQ(RequestTraffic(config, plan, {1, 7}, 5, 1), (ExpectedTraffic{}));
}

TEST(RequestTrafficTest, OneRankSendsNothing) {
  const ModelConfig config = SevenBillionConfig();
  const Plan plan = SharedPlan("megatron", config, {{32}, {11008}, {}}, 1);
  EXPECT_EQ(RequestTraffic(config, plan, {4}, 3, 0), ExpectedTraffic{});
}

}  // namespace
}  // namespace jupiter

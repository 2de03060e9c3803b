// Every planner on the shipped clusters: plans that strategies can execute, predictions that add
// up, reasons where nothing fits.
#include "planning/planners.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

ModelShape Llama(int layers, int hidden, int heads, int ffn, DType weights) {
  ModelShape shape;
  ModelConfig& config = shape.config;
  config.layers = layers;
  config.hidden = hidden;
  config.heads = config.kv_heads = heads;
  config.head_dim = hidden / heads;
  config.ffn = ffn;
  config.vocab = 32000;
  config.context = 4096;
  const LayerTypes types = {weights, weights, weights, weights, weights, weights, weights};
  shape.layers.assign(static_cast<std::size_t>(layers), types);
  shape.embedding = DType::kF16;
  shape.head = weights;
  shape.kv = DType::kF16;
  return shape;
}

ModelShape SevenBillion() { return Llama(32, 4096, 32, 11008, DType::kQ4_0); }

Cluster Shipped(const std::string& name) {
  return LoadCluster(std::string(JUPITER_CLUSTERS) + "/" + name + ".yaml");
}

class PlannersTest : public testing::TestWithParam<std::string> {};

TEST_P(PlannersTest, PlansAddUp) {
  const ModelShape shape = SevenBillion();
  const Cluster cluster = Shipped(GetParam());
  const Predictor predictor(
      {.shape = shape, .cluster = cluster, .prompt_tokens = 200, .tokens = 9, .wire = DType::kF16});
  for (const PlannerEntry& entry : Planners()) {
    SCOPED_TRACE(std::string(entry.name));
    const PlannedRun run = entry.make(predictor);
    EXPECT_NE(run.feasible, !run.reason.empty());
    if (!run.prediction) continue;
    const Prediction& p = *run.prediction;
    EXPECT_EQ(std::accumulate(run.plan.layers.begin(), run.plan.layers.end(), 0), 32);
    EXPECT_EQ(std::accumulate(p.slices.begin(), p.slices.end(), 0), 200);
    EXPECT_NO_THROW(CheckOrder(run.plan.order, cluster.size()));
    EXPECT_GT(p.ttft, 0);
    EXPECT_NEAR(p.e2el, p.ttft + 8 * p.tpot, 1e-9 * p.e2el);
    EXPECT_GE(p.bubble, 0);
    EXPECT_LT(p.bubble, 1);
    EXPECT_EQ(p.links.size(), p.ranks.size() > 1 ? p.ranks.size() : 0);
    // Each boundary carries the hidden rows of the prompt in f16, and headers.
    for (std::size_t i = 0; i + 1 < p.links.size(); ++i) {
      EXPECT_GT(p.links[i].prefill_bytes, 200 * 4096 * 2);
      EXPECT_LT(p.links[i].prefill_bytes, 200 * 4096 * 2 * 1.01);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Clusters, PlannersTest,
                         testing::Values("env-a", "env-b", "orin-pi", "mixed-8"));

TEST(PlannersTest, JupiterIsNeverSlowerThanEqualOrProportionalLayers) {
  const ModelShape shape = SevenBillion();
  for (const char* name : {"env-a", "env-b", "orin-pi", "mixed-8"}) {
    const Cluster cluster = Shipped(name);
    for (int prompt : {64, 256, 1024}) {
      // Without an answer, TTFT alone decides.
      const Predictor predictor(
          {.shape = shape, .cluster = cluster, .prompt_tokens = prompt, .wire = DType::kF16});
      const PlannedRun jupiter = FindPlanner("jupiter").make(predictor);
      ASSERT_TRUE(jupiter.feasible) << jupiter.reason;
      for (const char* other : {"equal", "proportional"}) {
        const PlannedRun run = FindPlanner(other).make(predictor);
        if (!run.feasible) continue;
        EXPECT_LE(jupiter.prediction->ttft, run.prediction->ttft * (1 + 1e-12))
            << name << " " << prompt << " against " << other;
      }
    }
  }
}

TEST(PlannersTest, EdgeShardByLatencyTakesTheFastestDeviceAloneWhenTheModelFits) {
  const ModelShape shape = SevenBillion();
  const Cluster cluster = Shipped("env-b");
  const Predictor predictor({.shape = shape,
                             .cluster = cluster,
                             .prompt_tokens = 256,
                             .tokens = 64,
                             .wire = DType::kF16});
  const PlannedRun run = FindPlanner("edgeshard-latency").make(predictor);
  EXPECT_EQ(run.plan.layers, (std::vector<int>{32, 0, 0, 0}));
}

TEST(PlannersTest, WhatFitsNowhereIsExplained) {
  const ModelShape shape = Llama(80, 8192, 64, 28672, DType::kF16);
  const Cluster cluster = Shipped("env-a");
  const Predictor predictor({.shape = shape, .cluster = cluster, .prompt_tokens = 64});
  for (const PlannerEntry& entry : Planners()) {
    const PlannedRun run = entry.make(predictor);
    EXPECT_FALSE(run.feasible) << entry.name;
    EXPECT_NE(run.reason.find("short"), std::string::npos) << entry.name << ": " << run.reason;
  }
}

TEST(PlannersTest, UnknownNamesAreRefused) { EXPECT_THROW(FindPlanner("best"), UserError); }

TEST(MemoryModelTest, TheVerdictHasAnErrorBar) {
  EXPECT_EQ(FitOf(98, 100), Fit::kFits);
  EXPECT_EQ(FitOf(1000, 1019), Fit::kUncertain);
  EXPECT_EQ(FitOf(1000, 981), Fit::kUncertain);
  EXPECT_EQ(FitOf(1000, 979), Fit::kOutOfMemory);
}

}  // namespace
}  // namespace jupiter

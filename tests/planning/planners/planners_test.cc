// Every planner on the shipped clusters: plans that strategies can execute, predictions that add
// up, reasons where nothing fits.
#include "planning/planners/planners.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <string>

#include "kernels/base/check.h"
#include "planning/cost/formula_record.h"
#include "planning/drafts/known_acceptance.h"
#include "planning/plan/slices.h"
#include "planning/planners/common.h"
#include "planning/planners/pipeline_tree.h"
#include "planning/replay/simulator.h"
#include "planning/replay/two_regimes.h"
#include "planning/testbed/op_costs.h"

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

double TimeOfLast(const Replay& replay, MarkKind kind) {
  double time = -1;
  for (const MarkTime& mark : replay.ranks.front().marks) {
    if (mark.kind == kind) time = mark.time;
  }
  return time;
}

// The formulas of times and the replay of the formulas' record are two ways to one number.
TEST_P(PlannersTest, AFormulaRecordTakesWhatIsPredicted) {
  const ModelShape shape = SevenBillion();
  const Cluster cluster = Shipped(GetParam());
  for (const DType residual : {DType::kF32, DType::kF16}) {
    const PlanningTask task{.shape = shape,
                            .cluster = cluster,
                            .prompt_tokens = 200,
                            .tokens = 9,
                            .wire = DType::kF16,
                            .residual = residual};
    const Predictor predictor(task);
    for (const PlannerEntry& entry : Planners()) {
      SCOPED_TRACE(std::string(entry.name));
      const PlannedRun run = entry.make(predictor);
      // Predictions of traces are for their first rate.
      const bool exact = run.prediction && run.prediction->notes.empty();
      if (!exact || run.device.value_or(0) != 0) continue;
      const Replay replay =
          Simulate(FormulaRecord(task, run.plan, run.prediction->slices), TestbedOf(cluster));
      EXPECT_NEAR(TimeOfLast(replay, MarkKind::kFirstToken), run.prediction->ttft,
                  1e-9 * run.prediction->ttft);
      EXPECT_NEAR(TimeOfLast(replay, MarkKind::kEnd), run.prediction->e2el,
                  1e-9 * run.prediction->e2el);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Clusters, PlannersTest,
                         testing::Values("env-a", "env-b", "orin-pi", "mixed-8"));

// Plans of shares can be executed: whole units, every device judged, no times.
TEST(PlannersTest, SharesCanBeCut) {
  for (DType weights : {DType::kF16, DType::kQ4_0, DType::kQ6_K}) {
    const ModelShape shape = Llama(2, 4096, 32, 11008, weights);
    for (const char* name : {"env-a", "env-b", "mixed-8"}) {
      const Cluster cluster = Shipped(name);
      const Predictor predictor({.shape = shape, .cluster = cluster, .prompt_tokens = 100});
      for (const char* planner : {"sequence", "megatron", "detransformer", "galaxy"}) {
        SCOPED_TRACE(std::string(name) + " " + planner + " " + std::string(Name(weights)));
        const PlannedRun run = FindPlanner(planner).make(predictor);
        ASSERT_TRUE(run.feasible) << run.reason;
        EXPECT_EQ(run.plan.strategy, planner);
        EXPECT_TRUE(IsShared(run.plan));
        EXPECT_NO_THROW(CheckShares(run.plan.shares, shape, cluster.size()));
        EXPECT_FALSE(run.prediction);
        EXPECT_NE(run.note.find("no time is predicted"), std::string::npos);
        EXPECT_EQ(run.check->slices, std::vector<int>{100});
        EXPECT_EQ(std::ssize(run.check->memory), cluster.size());
      }
    }
  }
}

TEST(PlannersTest, GalaxyGivesFasterDevicesMore) {
  const ModelShape shape = SevenBillion();
  Cluster cluster = Shipped("env-a");
  cluster.devices[2].speed = RateTrace({{0, 0.25}});
  const PlannedRun run = FindPlanner("galaxy").make(
      Predictor({.shape = shape, .cluster = cluster, .prompt_tokens = 64}));
  EXPECT_EQ(run.plan.shares.heads, (std::vector<int>{10, 10, 2, 10}));
  EXPECT_GT(run.plan.shares.columns[0], 3 * run.plan.shares.columns[2]);
}

// Where even shares do not fit, Galaxy's do, to the byte as the memory model counts.
TEST(PlannersTest, GalaxyKeepsToTheBudgets) {
  const ModelShape shape = Llama(6, 1024, 8, 2048, DType::kQ4_0);
  Cluster cluster = Shipped("env-a");
  cluster.devices.resize(3);
  int galaxy_alone = 0;
  int neither = 0;
  for (int size = 0; size < 16; ++size) {
    const double mega = 1e6;
    cluster.devices[0].profile.usable_memory.value = (90 + size) * mega;
    cluster.devices[1].profile.usable_memory.value = (80 + size) * mega;
    cluster.devices[2].profile.usable_memory.value = (70 + size) * mega;
    const Predictor predictor(
        {.shape = shape, .cluster = cluster, .prompt_tokens = 64, .tokens = 8});
    const PlannedRun galaxy = FindPlanner("galaxy").make(predictor);
    const PlannedRun megatron = FindPlanner("megatron").make(predictor);
    EXPECT_TRUE(galaxy.feasible || !megatron.feasible) << size << ": " << galaxy.reason;
    galaxy_alone += galaxy.feasible && !megatron.feasible ? 1 : 0;
    neither += galaxy.feasible ? 0 : 1;
    if (!galaxy.feasible) continue;
    for (const DeviceMemory& memory : galaxy.check->memory) {
      EXPECT_LE(memory.need.total(), memory.budget) << size;
    }
  }
  EXPECT_GT(galaxy_alone, 0);
  EXPECT_GT(neither, 0);
}

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

// What is forced costs time.
TEST(PlannersTest, EdgeShardOnAllDevicesLeavesNoneOut) {
  const ModelShape shape = SevenBillion();
  for (const char* name : {"env-a", "env-b", "mixed-8"}) {
    const Cluster cluster = Shipped(name);
    const Predictor predictor({.shape = shape,
                               .cluster = cluster,
                               .prompt_tokens = 256,
                               .tokens = 64,
                               .wire = DType::kF16});
    const PlannedRun free = FindPlanner("edgeshard-latency").make(predictor);
    const PlannedRun all = FindPlanner("edgeshard-all").make(predictor);
    ASSERT_TRUE(all.feasible) << name << ": " << all.reason;
    EXPECT_EQ(all.plan.strategy, "edgeshard");
    EXPECT_GT(*std::min_element(all.plan.layers.begin(), all.plan.layers.end()), 0) << name;
    EXPECT_EQ(std::ssize(all.prediction->ranks), cluster.size());
    EXPECT_GT(all.prediction->e2el, free.prediction->e2el) << name;
    EXPECT_EQ(all.note, "");
  }
}

TEST(PlannersTest, WhatFitsNowhereIsExplained) {
  const ModelShape shape = Llama(80, 8192, 64, 28672, DType::kF16);
  const Cluster cluster = Shipped("env-a");
  const Predictor predictor({.shape = shape, .cluster = cluster, .prompt_tokens = 64});
  for (const PlannerEntry& entry : Planners()) {
    const PlannedRun run = entry.make(predictor);
    EXPECT_FALSE(run.feasible) << entry.name;
    EXPECT_EQ(run.obstacle, Obstacle::kMemory) << entry.name;
    EXPECT_NE(run.reason.find(" MiB short"), std::string::npos) << entry.name << ": " << run.reason;
  }
}

// Of every device alone, as a cluster of it.
std::vector<Prediction> PredictEachAlone(const PlanningTask& task, const SlicePolicy& slices) {
  std::vector<Prediction> predictions;
  for (const ClusterDevice& device : task.cluster.devices) {
    Cluster alone;
    alone.devices = {device};
    alone.links = {{Link{}}};
    const PlanningTask own = OnCluster(task, alone);
    Plan plan = PipelinePlan(own, "local", {task.shape.config.layers}, {});
    plan.slices = slices;
    predictions.push_back(Predictor(own).Predict(plan));
  }
  return predictions;
}

TEST(SingleDeviceTest, IsTheFastestThatHoldsTheModel) {
  const ModelShape shape = SevenBillion();
  for (const char* name : {"env-b", "orin-pi", "mixed-8"}) {
    Cluster cluster = Shipped(name);
    std::reverse(cluster.devices.begin(), cluster.devices.end());
    const PlanningTask task{.shape = shape, .cluster = cluster, .prompt_tokens = 100, .tokens = 20};
    const std::vector<Prediction> alone = PredictEachAlone(task, LocalSlices());
    const Predictor predictor(task);
    // One after the other loses its memory.
    for (int left = cluster.size(); left > 0; --left) {
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t d = 0; d < alone.size(); ++d) {
        const auto budget =
            static_cast<std::int64_t>(cluster.devices[d].profile.usable_memory.value);
        if (FitOf(alone[d].memory[0].need.total(), budget) == Fit::kOutOfMemory) continue;
        least = std::min(least, alone[d].e2el);
      }
      const SingleDevice single = FastestSingleDevice(predictor, "local");
      ASSERT_EQ(single.prediction.feasible, std::isfinite(least)) << name << " " << left;
      if (!single.prediction.feasible) break;
      const auto d = static_cast<std::size_t>(single.device);
      EXPECT_EQ(single.prediction.e2el, least) << name << " " << left;
      EXPECT_EQ(single.prediction.ttft, alone[d].ttft);
      EXPECT_EQ(single.prediction.memory.size(), 1u);
      EXPECT_EQ(single.plan.layers.front(), 32);
      EXPECT_EQ(std::ssize(single.plan.layers), cluster.size());
      const PlannedRun run = FindPlanner("local").make(predictor);
      EXPECT_EQ(run.device, single.device);
      EXPECT_EQ(run.prediction->e2el, least);
      cluster.devices[d].profile.usable_memory.value = 1e9;
    }
  }
}

TEST(SingleDeviceTest, SaysWhichDeviceLacksLeast) {
  const ModelShape shape = SevenBillion();
  Cluster cluster = Shipped("env-b");
  const double budgets[] = {1e9, 2e9, 3e9, 2e9};
  for (std::size_t d = 0; d < 4; ++d) cluster.devices[d].profile.usable_memory.value = budgets[d];
  const Predictor predictor({.shape = shape, .cluster = cluster, .prompt_tokens = 64});
  const SingleDevice single = FastestSingleDevice(predictor, "local");
  EXPECT_EQ(single.device, 2);
  EXPECT_FALSE(single.prediction.feasible);
  const std::string expected =
      "no device holds the model alone; the one that lacks least: " + cluster.devices[2].name +
      " (rank 2) is ";
  EXPECT_EQ(single.prediction.reason.substr(0, expected.size()), expected);
  const PlannedRun run = FindPlanner("local").make(predictor);
  EXPECT_EQ(run.obstacle, Obstacle::kMemory);
  EXPECT_EQ(run.reason, single.prediction.reason);
}

// A pass of twice as many rows takes four times as long.
struct SteepCosts : OpCosts {
  double Seconds(const OpCall& op) const override {
    return 1e-6 * static_cast<double>(op.rows * op.rows);
  }
};

TEST(SingleDeviceTest, TakesThePromptWholeWhereThatIsFasterAndFits) {
  const ModelShape shape = SevenBillion();
  Cluster cluster = Shipped("env-a");
  ClusterDevice& device = cluster.devices[0];
  const auto plan = [&] {
    return OnSingleDevice(Predictor({.shape = shape, .cluster = cluster, .prompt_tokens = 300}),
                          "local", 0);
  };
  TwoRegimes law;
  law.bytes_per_weight = 0.5;
  law.layer_pass_time = 1e-3;
  law.many_row_unpack_bandwidth = 1e9;
  law.many_row_rate = 1e12;
  device.costs = std::make_shared<TwoRegimesCosts>(law, TwoRegimes::Board{4e9, 1});
  const SingleDevice whole = plan();
  EXPECT_EQ(whole.prediction.slices, std::vector<int>{300});
  // What the two more slices of 128 rows would take: a pass of all layers each, every weight
  // unpacked.
  const double weights = 32 * (4.0 * 4096 * 4096 + 3.0 * 4096 * 11008);
  const double slice = 32 * 1e-3 + weights * 0.5 / 1e9;
  const PlanningTask task{.shape = shape, .cluster = cluster, .prompt_tokens = 300};
  EXPECT_NEAR(PredictEachAlone(task, LocalSlices())[0].ttft, whole.prediction.ttft + 2 * slice,
              1e-9);
  // A byte too few for the activations of the whole.
  const std::int64_t need = whole.prediction.memory[0].need.total();
  double& budget = device.profile.usable_memory.value;
  const double ample = budget;
  budget = std::floor(static_cast<double>(need) * (1 - kMemoryError)) - 1;
  EXPECT_EQ(plan().prediction.slices, (std::vector<int>{128, 128, 44}));
  EXPECT_TRUE(plan().prediction.feasible);
  budget = ample;
  device.costs = std::make_shared<SteepCosts>();
  EXPECT_EQ(plan().prediction.slices, (std::vector<int>{128, 128, 44}));
}

TEST(PlannersTest, UnknownNamesAreRefused) { EXPECT_THROW(FindPlanner("best"), UserError); }

// Layers and slices agree on memory: there is a plan exactly when some split of the layers holds
// the shortest slices, and it keeps to the budgets.
TEST(PlannersTest, JupiterPlansWheneverTheShortestSlicesFit) {
  const ModelShape shape = Llama(6, 1024, 8, 2048, DType::kQ4_0);
  Cluster cluster = Shipped("env-a");
  cluster.devices.resize(2);
  int feasible = 0;
  int longer = 0;
  constexpr int kSizes = 24;
  for (int size = 0; size < kSizes; ++size) {
    const std::int64_t budget = (62 + 2 * size) * std::int64_t{1'000'000};
    for (ClusterDevice& device : cluster.devices) {
      device.profile.usable_memory.value = static_cast<double>(budget);
    }
    const PlanningTask task{
        .shape = shape, .cluster = cluster, .prompt_tokens = 500, .tokens = 8, .min_slice = 8};
    bool expected = false;
    for (int first = 0; first <= 6; ++first) {
      const Plan plan = PipelinePlan(task, "jupiter", {first, 6 - first}, {});
      // 62 slices of at least 8 tokens, so one has 9.
      const RequestShape request{500, 8, 9};
      expected |= NeedOf(shape, plan, request, 0).total() <= budget &&
                  NeedOf(shape, plan, request, 1).total() <= budget;
    }
    const PlannedRun run = FindPlanner("jupiter").make(Predictor(task));
    ASSERT_EQ(run.feasible, expected) << budget << ": " << run.reason;
    if (!run.feasible) continue;
    ++feasible;
    const auto& slices = run.prediction->slices;
    longer += *std::max_element(slices.begin(), slices.end()) > 9 ? 1 : 0;
    for (const DeviceMemory& memory : run.prediction->memory) {
      EXPECT_LE(memory.need.total(), budget);
    }
  }
  EXPECT_GT(feasible, kSizes / 4);
  EXPECT_LT(feasible, kSizes);
  EXPECT_GT(longer, 0);
}

TEST(PlannersTest, DraftHeadsTakeTheirShareOfTheLastStage) {
  const ModelShape shape = SevenBillion();
  Cluster cluster = Shipped("env-a");
  for (ClusterDevice& device : cluster.devices) device.profile.usable_memory.value = 2.2e9;
  PlanningTask task{
      .shape = shape, .cluster = cluster, .prompt_tokens = 64, .tokens = 200, .wire = DType::kF16};
  const PlannedRun plain = FindPlanner("jupiter").make(Predictor(task));
  EXPECT_EQ(plain.prediction->verification, 0);
  task.drafts = {5, true, DType::kF16, 64};
  const PlannedRun drafting = FindPlanner("jupiter").make(Predictor(task));
  ASSERT_TRUE(drafting.feasible) << drafting.reason;
  EXPECT_GT(drafting.prediction->verification, drafting.prediction->tpot);
  EXPECT_LT(drafting.plan.layers.back(), plain.plan.layers.back());
  EXPECT_GT(drafting.prediction->memory.back().need.drafts, 5 * 32000 * 4096 * 2LL);
  const double heads = Predictor(task).timer(3).Drafts(task.drafts);
  EXPECT_NEAR(StepHeadSeconds(Predictor(task), 3), Predictor(task).timer(3).Head(64) + heads,
              1e-12);
  // At least what their weights take to stream.
  const auto bytes = static_cast<double>(DraftWeightBytes(shape, task.drafts));
  EXPECT_GT(heads, bytes / cluster.devices[3].profile.roofline.memory_bandwidth.value);
}

TEST(PlannersTest, SlicesAreShortWhereNothingFits) {
  const ModelShape shape = SevenBillion();
  Cluster cluster = Shipped("env-a");
  Plan plan;
  plan.strategy = "jupiter";
  plan.layers = {32, 0, 0, 0};
  const auto slices = [&](double memory) {
    cluster.devices[0].profile.usable_memory.value = memory;
    return PlanSlices(
        Predictor({.shape = shape, .cluster = cluster, .prompt_tokens = 95, .tokens = 2}), plan);
  };
  // One stage is fastest with the whole prompt at once.
  EXPECT_EQ(slices(64e9), std::vector<int>{95});
  EXPECT_EQ(slices(1e9), (std::vector<int>{48, 47}));
}

// `local` is on the second device, which is the faster one.
TEST(PlannersTest, TreesAreRatedOnTheDevicesOfThePrediction) {
  const ModelShape shape = SevenBillion();
  Cluster cluster = Shipped("orin-pi");
  std::swap(cluster.devices[0], cluster.devices[1]);
  const Predictor predictor({.shape = shape,
                             .cluster = cluster,
                             .prompt_tokens = 64,
                             .tokens = 2,
                             .drafts = {5, false, DType::kF16, 64}});
  for (const PlannerEntry& entry : Planners()) {
    SCOPED_TRACE(std::string(entry.name));
    const PlannedRun run = entry.make(predictor);
    if (!run.prediction) continue;
    const TreePlan trees = PlanTree(predictor, run, KnownAcceptances().front());
    EXPECT_NEAR(trees.plain.seconds, run.prediction->tpot, 0.01 * run.prediction->tpot);
    const auto widest = std::find_if(trees.fixed.begin(), trees.fixed.end(),
                                     [](const RatedTree& tree) { return tree.tree.rows() == 64; });
    ASSERT_NE(widest, trees.fixed.end());
    EXPECT_EQ(widest->seconds, run.prediction->verification);
  }
  EXPECT_EQ(FindPlanner("local").make(predictor).device, 1);
}

TEST(PlannersTest, TreesArePlannedForThePipelinesTimes) {
  const ModelShape shape = SevenBillion();
  Cluster cluster = Shipped("env-a");
  const DraftAcceptance& acceptance = KnownAcceptances().front();
  std::vector<std::size_t> nodes;
  for (const double bandwidth : {10e6, 100e6, 10e9}) {
    SCOPED_TRACE(bandwidth);
    cluster = AtBandwidth(cluster, bandwidth);
    const Predictor predictor({.shape = shape,
                               .cluster = cluster,
                               .prompt_tokens = 64,
                               .tokens = 200,
                               .wire = DType::kF16,
                               .drafts = {5, false, DType::kF16, 64}});
    const Plan plan = FindPlanner("jupiter").make(predictor).plan;
    const TreePlan trees = PlanTree(predictor, plan, acceptance);
    const PipelineCosts costs = predictor.CostsOf(plan);
    EXPECT_EQ(trees.plain.seconds, predictor.Step(costs, 1));
    EXPECT_EQ(trees.best.seconds, predictor.Verification(costs, trees.best.tree.rows()));
    for (int size = 1; size < 64; ++size) {
      const double tokens = ExpectedTokens(LikeliestTree(acceptance, size), acceptance);
      EXPECT_LE(tokens / predictor.Verification(costs, size + 1), trees.best.rate) << size;
    }
    nodes.push_back(trees.best.tree.nodes.size());
    for (const RatedTree& fixed : trees.fixed) EXPECT_LE(fixed.rate, trees.best.rate);
  }
  // Rows are the dearer the slower the links are.
  EXPECT_TRUE(std::is_sorted(nodes.begin(), nodes.end()));
  EXPECT_LT(nodes.front(), nodes.back());
}

TEST(PlannersTest, TreesUseTheTasksHeadsAndRows) {
  const ModelShape shape = SevenBillion();
  const Cluster cluster = Shipped("env-a");
  PlanningTask task{.shape = shape, .cluster = cluster, .prompt_tokens = 64, .tokens = 200};
  task.drafts = {2, false, DType::kF16, 9};
  const Predictor predictor(task);
  const Plan plan = FindPlanner("equal").make(predictor).plan;
  const TreePlan trees = PlanTree(predictor, plan, KnownAcceptances().front());
  EXPECT_LE(trees.best.tree.depth(), 2);
  EXPECT_LE(trees.best.tree.rows(), 9);
  EXPECT_EQ(trees.fixed[0].name, "chain of 2");
}

// What messages take at their ends counts where the pipeline has the link, and nowhere else.
TEST(PlannersTest, JupiterCountsTheHostTimesOfItsOwnLinks) {
  const ModelShape shape = SevenBillion();
  Cluster cluster = Shipped("env-a");
  const auto plan = [&] {
    return FindPlanner("jupiter")
        .make(Predictor({.shape = shape, .cluster = cluster, .prompt_tokens = 64, .tokens = 200}))
        .plan;
  };
  const Plan plain = plan();
  ASSERT_EQ(PipelineRanks(plain), (std::vector<int>{0, 1, 2, 3}));
  const auto at = [&](std::size_t from, std::size_t to) -> Link& {
    return cluster.links[from][to];
  };
  at(3, 1).host_seconds = at(0, 2).host_seconds = at(1, 3).host_seconds = 0.05;
  EXPECT_EQ(ToJson(plan()), ToJson(plain));
  at(1, 2).host_seconds = 0.05;
  EXPECT_NE(plan().layers, plain.layers);
}

TEST(PlannersTest, TheSlowestOfLikeStagesHasTheDearestLinks) {
  const ModelShape shape = SevenBillion();
  Cluster cluster = Shipped("env-a");
  cluster.links[1][2].host_seconds = cluster.links[2][3].host_seconds = 5;
  const Predictor predictor({.shape = shape, .cluster = cluster, .prompt_tokens = 64});
  const PipelineCosts costs = predictor.CostsOf(FindPlanner("equal").make(predictor).plan);
  const RowBlock slice{16, 32};
  EXPECT_GT(costs.Device(2, {slice, false, 0}), costs.Device(1, {slice, false, 0}) + 4);
  EXPECT_EQ(costs.Slowest(slice), costs.Device(2, {slice, false, 0}));
}

TEST(PlannersTest, TracesAreSaidToBeLeftOut) {
  const ModelShape shape = SevenBillion();
  Cluster cluster = Shipped("env-a");
  const auto predict = [&] {
    const Predictor predictor({.shape = shape, .cluster = cluster, .prompt_tokens = 64});
    return *FindPlanner("jupiter").make(predictor).prediction;
  };
  const Prediction plain = predict();
  EXPECT_TRUE(plain.notes.empty());
  // One that stays as it begins is no trace to leave out, and counts.
  cluster.devices[1].speed = RateTrace({{0, 0.5}});
  EXPECT_GT(predict().ttft, plain.ttft);
  EXPECT_TRUE(predict().notes.empty());
  cluster.devices[1].speed = RateTrace({{0, 1}, {2, 0.5}});
  cluster.links[0][1].trace = RateTrace({{0, 0}, {1, 1}, {2, 0.1}});
  const Prediction traced = predict();
  EXPECT_EQ(traced.ttft, plain.ttft);
  ASSERT_EQ(traced.notes.size(), 2u);
  EXPECT_NE(traced.notes[0].find("1 links (the first: " + cluster.devices[0].name + " to "),
            std::string::npos)
      << traced.notes[0];
  EXPECT_NE(traced.notes[1].find(cluster.devices[1].name), std::string::npos) << traced.notes[1];
}

TEST(PlannersTest, SixtyFourLikeDevicesHaveAnEdgeShardPlan) {
  const ModelShape shape = Llama(80, 8192, 64, 28672, DType::kF16);
  Cluster cluster = Shipped("orin-nano-64");
  const Predictor predictor({.shape = shape, .cluster = cluster, .prompt_tokens = 64});
  ASSERT_TRUE(FindPlanner("equal").make(predictor).feasible);
  for (const char* name : {"edgeshard-latency", "edgeshard-throughput"}) {
    const PlannedRun run = FindPlanner(name).make(predictor);
    EXPECT_TRUE(run.feasible) << run.reason;
    EXPECT_NE(run.note.find("more than 12 devices"), std::string::npos) << run.note;
  }
  const PlannedRun all = FindPlanner("edgeshard-all").make(predictor);
  ASSERT_TRUE(all.feasible) << all.reason;
  EXPECT_EQ(*std::min_element(all.plan.layers.begin(), all.plan.layers.end()), 1);
  EXPECT_EQ(
      all.note,
      "more than 12 devices, each with a layer: the best pipeline in the order of the devices "
      "or of their memory");
}

}  // namespace
}  // namespace jupiter

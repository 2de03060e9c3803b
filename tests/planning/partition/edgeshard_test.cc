// EdgeShard's planners against all orders of all subsets of devices.
#include "planning/partition/edgeshard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "planning/partition/edgeshard_searches.h"
#include "planning/partition/search.h"
#include "tests/planning/partition/stage_problems.h"

namespace jupiter {
namespace {

using Ints = std::vector<int>;

double Latency(const EdgeShardProblem& problem, const StageNumbers& numbers) {
  double seconds = std::accumulate(numbers.compute.begin(), numbers.compute.end(), 0.0);
  seconds = std::accumulate(numbers.sends.begin(), numbers.sends.end(), seconds);
  const int last = numbers.devices.back();
  return last == 0 ? seconds : seconds + problem.return_seconds[static_cast<std::size_t>(last)];
}

double Bottleneck(const EdgeShardProblem&, const StageNumbers& numbers) {
  return std::max(*std::max_element(numbers.compute.begin(), numbers.compute.end()),
                  *std::max_element(numbers.sends.begin(), numbers.sends.end()));
}

using Objective = double (*)(const EdgeShardProblem&, const StageNumbers&);

// Every sequence of different devices that begins with device 0.
std::vector<Ints> Pipelines(int devices) {
  std::vector<Ints> pipelines = {{0}};
  for (std::size_t i = 0; i < pipelines.size(); ++i) {
    for (int d = 1; d < devices; ++d) {
      const Ints& shorter = pipelines[i];
      if (std::find(shorter.begin(), shorter.end(), d) != shorter.end()) continue;
      Ints longer = shorter;
      longer.push_back(d);
      pipelines.push_back(longer);
    }
  }
  return pipelines;
}

struct EdgeShardOptimum {
  double seconds = kNever;
  std::size_t stages = 0;  // fewest of the best
};

// Of pipelines of at least so many stages.
EdgeShardOptimum TryAllPipelines(const EdgeShardProblem& problem, Objective objective,
                                 int least_stages = 1) {
  EdgeShardOptimum best;
  const int layers = static_cast<int>(problem.layer_bytes.size());
  for (const Ints& order : Pipelines(static_cast<int>(problem.budget.size()))) {
    const int stages = static_cast<int>(order.size());
    if (stages > layers || stages < least_stages) continue;
    ForEachComposition(layers, stages, 1, [&](const Ints& split) {
      const StageNumbers numbers = Evaluate(problem, order, split);
      if (!numbers.fits()) return;
      const double seconds = objective(problem, numbers);
      if (seconds < best.seconds) best = {seconds, order.size()};
      if (seconds == best.seconds) best.stages = std::min(best.stages, order.size());
    });
  }
  return best;
}

EdgeShardProblem RandomEdgeShardProblem(Draws& draws) {
  const int devices = draws.Int(1, 4);
  auto problem = RandomStages<EdgeShardProblem>(draws, devices, draws.Int(1, 10));
  for (int d = 0; d < devices; ++d) problem.return_seconds.push_back(draws.Seconds(10));
  problem.budget[0] += problem.embed_bytes;
  return problem;
}

// The plan is what it says: a pipeline from the source that fits and takes that long.
void ExpectHonest(const EdgeShardProblem& problem, const EdgeShardPlan& plan, Objective objective) {
  ASSERT_EQ(plan.order.size(), plan.layers.size());
  EXPECT_EQ(plan.order.front(), 0);
  Ints sorted = plan.order;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::unique(sorted.begin(), sorted.end()), sorted.end());
  EXPECT_GT(*std::min_element(plan.layers.begin(), plan.layers.end()), 0);
  EXPECT_EQ(std::accumulate(plan.layers.begin(), plan.layers.end(), std::size_t{0}),
            problem.layer_bytes.size());
  const StageNumbers numbers = Evaluate(problem, plan.order, plan.layers);
  EXPECT_TRUE(numbers.fits());
  EXPECT_EQ(objective(problem, numbers), plan.seconds);
}

void CompareWithBruteForce(EdgeShardPlan (*planner)(const EdgeShardProblem&), Objective objective,
                           bool all_devices, std::uint64_t seed) {
  Draws draws(seed);
  int feasible = 0;
  for (int i = 0; i < kInstances; ++i) {
    const EdgeShardProblem problem = RandomEdgeShardProblem(draws);
    const EdgeShardOptimum expected = TryAllPipelines(
        problem, objective, all_devices ? static_cast<int>(problem.budget.size()) : 1);
    const EdgeShardPlan plan = planner(problem);
    EXPECT_TRUE(plan.exact());
    ASSERT_EQ(plan.feasible, expected.seconds < kNever) << i << ": " << plan.reason;
    EXPECT_EQ(plan.feasible, plan.reason.empty());
    if (!plan.feasible) continue;
    ++feasible;
    EXPECT_EQ(plan.seconds, expected.seconds) << i;
    EXPECT_EQ(plan.order.size(), expected.stages) << i;
    ExpectHonest(problem, plan, objective);
  }
  EXPECT_GT(feasible, kInstances / 4);
  EXPECT_LT(feasible, kInstances * 3 / 4);
}

TEST(EdgeShardTest, LatencyEqualsBruteForce) {
  CompareWithBruteForce(PlanEdgeShardLatency, Latency, /*all_devices=*/false, 11);
}

TEST(EdgeShardTest, ThroughputEqualsBruteForce) {
  CompareWithBruteForce(PlanEdgeShardThroughput, Bottleneck, /*all_devices=*/false, 12);
}

TEST(EdgeShardTest, LatencyOnAllDevicesEqualsBruteForce) {
  CompareWithBruteForce(PlanEdgeShardOnAll, Latency, /*all_devices=*/true, 16);
}

// Devices without memory up to a number that the exact dynamic program does not take.
EdgeShardProblem WithUselessDevices(EdgeShardProblem problem, int devices) {
  const std::size_t n = static_cast<std::size_t>(devices);
  for (auto& row : problem.send_seconds) row.resize(n, 0.0);
  problem.send_seconds.resize(n, std::vector<double>(n, 0.0));
  problem.layer_seconds.resize(n, std::vector<double>(problem.layer_bytes.size(), 0.0));
  problem.embed_seconds.resize(n, 0.0);
  problem.head_seconds.resize(n, 0.0);
  problem.return_seconds.resize(n, 0.0);
  problem.fixed_bytes.resize(n, 1);
  problem.budget.resize(n, 0);
  return problem;
}

// The heuristic finds no wrong plans; how good they are is printed.
void CompareHeuristic(EdgeShardPlan (*planner)(const EdgeShardProblem&), Objective objective,
                      std::uint64_t seed) {
  Draws draws(seed);
  int solvable = 0;
  int solved = 0;
  int ordered = 0;
  int best = 0;
  double worst = 1;
  for (int i = 0; i < kInstances; ++i) {
    const EdgeShardProblem small = RandomEdgeShardProblem(draws);
    const EdgeShardPlan exact = planner(small);
    const EdgeShardProblem problem = WithUselessDevices(small, kMostExactDevices + 1);
    const EdgeShardPlan plan = planner(problem);
    EXPECT_FALSE(plan.exact());
    solvable += exact.feasible ? 1 : 0;
    if (!plan.feasible) {
      EXPECT_FALSE(plan.reason.empty());
      continue;
    }
    ASSERT_TRUE(exact.feasible);
    ++solved;
    ordered += plan.search == EdgeShardSearch::kOrdered ? 1 : 0;
    ExpectHonest(problem, plan, objective);
    EXPECT_GE(plan.seconds, exact.seconds);
    best += plan.seconds == exact.seconds ? 1 : 0;
    worst = std::max(worst, plan.seconds / exact.seconds);
  }
  std::printf(
      "[ heuristic] %d solvable, %d solved (%d of them in a given order), %d best, worst %.3f of "
      "the "
      "best\n",
      solvable, solved, ordered, best, worst);
  EXPECT_GT(solved, solvable / 2);
  EXPECT_GT(best, solved / 2);
}

TEST(EdgeShardTest, HeuristicPlansAreValid) {
  CompareHeuristic(PlanEdgeShardLatency, Latency, 13);
  CompareHeuristic(PlanEdgeShardThroughput, Bottleneck, 14);
}

// Two devices with room for everything; device 1 is four times as fast.
EdgeShardProblem SlowSource() {
  EdgeShardProblem problem;
  problem.layer_seconds = {std::vector<double>(6, 1.0), std::vector<double>(6, 0.25)};
  problem.embed_seconds = {0.5, 0.5};
  problem.head_seconds = {2.0, 0.5};
  problem.send_seconds = {{0, 0.125}, {0.125, 0}};
  problem.return_seconds = {100, 0.0625};
  problem.layer_bytes.assign(6, 10);
  problem.embed_bytes = 5;
  problem.head_bytes = 5;
  problem.fixed_bytes = {1, 1};
  problem.budget = {100, 100};
  return problem;
}

TEST(EdgeShardTest, LatencyAddsUp) {
  EdgeShardPlan plan = PlanEdgeShardLatency(SlowSource());
  EXPECT_EQ(plan.order, (Ints{0, 1}));
  EXPECT_EQ(plan.layers, (Ints{1, 5}));
  EXPECT_EQ(plan.seconds, 0.5 + 1 + 0.125 + 5 * 0.25 + 0.5 + 0.0625);
  EdgeShardProblem far = SlowSource();
  far.return_seconds[1] = 50;
  plan = PlanEdgeShardLatency(far);
  EXPECT_EQ(plan.order, Ints{0});  // from the source itself nothing returns
  EXPECT_EQ(plan.seconds, 0.5 + 6 + 2);
}

// The dynamic program leaves a device out whose forced use costs something.
TEST(EdgeShardTest, NoDeviceIsLeftOutOfAPlanForAll) {
  EdgeShardProblem problem = SlowSource();
  problem.layer_seconds[1].assign(6, 4.0);
  EXPECT_EQ(PlanEdgeShardLatency(problem).order, Ints{0});
  const EdgeShardPlan plan = PlanEdgeShardOnAll(problem);
  EXPECT_EQ(plan.order, (Ints{0, 1}));
  EXPECT_EQ(plan.layers, (Ints{5, 1}));
  EXPECT_EQ(plan.seconds, 0.5 + 5 + 0.125 + 4 + 0.5 + 0.0625);
}

TEST(EdgeShardTest, SaysWhyNotAllDevicesHaveALayer) {
  EdgeShardProblem problem = SlowSource();
  problem.budget = {100, 10};
  EdgeShardPlan plan = PlanEdgeShardOnAll(problem);
  EXPECT_FALSE(plan.feasible);
  EXPECT_EQ(plan.obstacle, Obstacle::kMemory);
  EXPECT_EQ(plan.reason.substr(0, plan.reason.find(';')),
            "every device is to have a layer, device 1 is 1 B short of one");
  problem.budget = {100, 11};  // one layer, but not the last one with the head
  plan = PlanEdgeShardOnAll(problem);
  EXPECT_FALSE(plan.feasible);
  EXPECT_EQ(plan.obstacle, Obstacle::kCannotCut);
  EXPECT_NE(plan.reason.find("no split that gives every device a layer"), std::string::npos)
      << plan.reason;
  problem = SlowSource();
  problem.layer_bytes = {10};
  for (std::vector<double>& row : problem.layer_seconds) row.resize(1);
  plan = PlanEdgeShardOnAll(problem);
  EXPECT_FALSE(plan.feasible);
  EXPECT_EQ(plan.obstacle, Obstacle::kCannotCut);
  EXPECT_EQ(plan.reason.substr(0, plan.reason.find(';')),
            "1 layers for 2 devices, each of which is to have one");
}

TEST(EdgeShardTest, ThroughputIsTheSlowestStageOrTransfer) {
  EXPECT_EQ(PlanEdgeShardThroughput(SlowSource()).seconds, 5 * 0.25 + 0.5);
  EdgeShardProblem problem = SlowSource();
  problem.send_seconds[0][1] = 3;
  EXPECT_EQ(PlanEdgeShardThroughput(problem).seconds, 3);
  problem.return_seconds[1] = 50;  // holds up no stage
  EXPECT_EQ(PlanEdgeShardThroughput(problem).seconds, 3);
}

TEST(EdgeShardTest, SaysWhatDoesNotFit) {
  const auto reason = [](std::vector<std::int64_t> budget) {
    EdgeShardProblem problem = SlowSource();
    problem.budget = std::move(budget);
    const EdgeShardPlan plan = PlanEdgeShardLatency(problem);
    EXPECT_FALSE(plan.feasible);
    return plan.reason.substr(0, plan.reason.find(';'));
  };
  EXPECT_EQ(reason({12, 100}),
            "layer 0 with the embedding on the source fits nowhere: in the best case device 0 is 4 "
            "B short");
  EXPECT_EQ(reason({16, 10}), "layer 1 fits nowhere: in the best case device 1 is 1 B short");
  EXPECT_EQ(reason({56, 14}),
            "layer 5 with the head fits nowhere: in the best case device 1 is 2 B short");
  EXPECT_EQ(reason({30, 30}), "all devices together are 12 B short");
  EXPECT_EQ(reason({35, 37}),
            "all devices together have 0 B to spare, but not in one place, as no split puts whole "
            "layers in their budgets");
}

// Sixteen like devices whose memory is just enough: the paper's heuristic strands itself, since it
// leaves the source after one layer.
TEST(EdgeShardTest, LikeDevicesWithJustEnoughMemoryHaveAPlan) {
  constexpr int kDevices = 16;
  EdgeShardProblem problem;
  problem.layer_bytes.assign(32, 10);
  problem.embed_bytes = problem.head_bytes = 2;
  problem.layer_seconds.assign(kDevices, std::vector<double>(32, 0.5));
  problem.embed_seconds.assign(kDevices, 0.0);
  problem.head_seconds.assign(kDevices, 0.0);
  problem.return_seconds.assign(kDevices, 0.0);
  problem.send_seconds.assign(kDevices, std::vector<double>(kDevices, 0.125));
  problem.fixed_bytes.assign(kDevices, 1);
  problem.budget.assign(kDevices, 23);
  const StageTable stages(problem, 0);
  EXPECT_FALSE(
      HeuristicEdgeShard(stages, EdgeShardObjective::kLatency, problem.return_seconds).feasible);
  for (const auto planner : {PlanEdgeShardLatency, PlanEdgeShardThroughput}) {
    const EdgeShardPlan plan = planner(problem);
    ASSERT_TRUE(plan.feasible) << plan.reason;
    EXPECT_EQ(plan.search, EdgeShardSearch::kOrdered);
    EXPECT_EQ(plan.layers, Ints(kDevices, 2));
  }
  EXPECT_EQ(PlanEdgeShardLatency(problem).seconds, 32 * 0.5 + 15 * 0.125);
  EXPECT_EQ(PlanEdgeShardThroughput(problem).seconds, 1.0);
  problem.budget[3] = 20;
  const EdgeShardPlan plan = PlanEdgeShardLatency(problem);
  EXPECT_FALSE(plan.feasible);
  EXPECT_EQ(plan.obstacle, Obstacle::kNotFound);
}

// Seventeen devices, of which the latency program takes the source alone.
TEST(EdgeShardTest, ManyDevicesAllHaveALayer) {
  constexpr int kDevices = kMostExactDevices + 5;
  EdgeShardProblem problem = WithUselessDevices(SlowSource(), kDevices);
  problem.layer_bytes.assign(20, 10);
  problem.layer_seconds.assign(kDevices, std::vector<double>(20, 0.5));
  problem.layer_seconds[0].assign(20, 0.25);
  problem.head_seconds.assign(kDevices, 0);
  problem.budget.assign(kDevices, 30);
  problem.budget[0] = 300;
  EXPECT_EQ(PlanEdgeShardLatency(problem).order, Ints{0});
  EdgeShardPlan plan = PlanEdgeShardOnAll(problem);
  ASSERT_TRUE(plan.feasible) << plan.reason;
  EXPECT_EQ(plan.search, EdgeShardSearch::kOrdered);
  Ints expected(kDevices, 1);
  expected[0] = 4;
  EXPECT_EQ(plan.layers, expected);
  EXPECT_TRUE(std::is_sorted(plan.order.begin(), plan.order.end()));
  ExpectHonest(problem, plan, Latency);
  problem.budget[1] = 11;
  problem.budget[kDevices - 1] = 11;
  plan = PlanEdgeShardOnAll(problem);
  ASSERT_FALSE(plan.feasible);
  EXPECT_EQ(plan.obstacle, Obstacle::kNotFound);
  problem.head_bytes = 0;
  ASSERT_TRUE(PlanEdgeShardOnAll(problem).feasible);
  problem.budget[kDevices - 1] = 10;
  plan = PlanEdgeShardOnAll(problem);
  EXPECT_EQ(plan.obstacle, Obstacle::kMemory);
}

// Where every order is tried, the pipelines in the order of the devices are exact in that order.
void CompareOrdered(EdgeShardDevices use, std::uint64_t seed) {
  Draws draws(seed);
  int feasible = 0;
  for (int i = 0; i < kInstances; ++i) {
    const EdgeShardProblem problem = RandomEdgeShardProblem(draws);
    const int layers = static_cast<int>(problem.layer_bytes.size());
    const int devices = static_cast<int>(problem.budget.size());
    double best = kNever;
    for (const Ints& order : Pipelines(devices)) {
      if (!std::is_sorted(order.begin(), order.end())) continue;
      if (static_cast<int>(order.size()) > layers) continue;
      if (use == EdgeShardDevices::kAll && std::ssize(order) < devices) continue;
      ForEachComposition(layers, static_cast<int>(order.size()), 1, [&](const Ints& split) {
        const StageNumbers numbers = Evaluate(problem, order, split);
        if (numbers.fits()) best = std::min(best, Latency(problem, numbers));
      });
    }
    if (best == kNever) continue;
    ++feasible;
    const StageTable stages(problem, 0);
    std::vector<double> last = problem.return_seconds;
    last[0] = 0;
    const EdgeShardPlan plan = OrderedEdgeShard(stages, EdgeShardObjective::kLatency, use, last);
    ASSERT_TRUE(plan.feasible) << i;
    EXPECT_EQ(plan.seconds, best) << i;
    ExpectHonest(problem, plan, Latency);
  }
  EXPECT_GT(feasible, kInstances / 5);
}

TEST(EdgeShardTest, PipelinesInOrderEqualBruteForce) { CompareOrdered(EdgeShardDevices::kAny, 15); }

TEST(EdgeShardTest, PipelinesOfAllDevicesInOrderEqualBruteForce) {
  CompareOrdered(EdgeShardDevices::kAll, 17);
}

TEST(EdgeShardDeathTest, MalformedProblemsAreBugs) {
  EdgeShardProblem problem = SlowSource();
  problem.return_seconds.pop_back();
  EXPECT_DEATH(PlanEdgeShardLatency(problem), "return_seconds");
  problem = SlowSource();
  problem.layer_bytes.clear();
  EXPECT_DEATH(PlanEdgeShardThroughput(problem), "bytes.empty");
  problem = SlowSource();
  problem.budget[0] = -1;
  EXPECT_DEATH(PlanEdgeShardThroughput(problem), "-1");
}

}  // namespace
}  // namespace jupiter

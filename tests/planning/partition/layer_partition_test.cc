// Jupiter's layer partition against all splits in all orders, and the reasons it gives.
#include "planning/partition/layer_partition.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>

#include "kernels/base/check.h"
#include "planning/partition/layer_shortfall.h"
#include "planning/partition/search.h"
#include "tests/planning/partition/stage_problems.h"

namespace jupiter {
namespace {

using Ints = std::vector<int>;

double Receive(const LayerPartitionProblem& problem, int from, int to) {
  if (problem.receive_seconds.empty()) return 0;
  return problem.receive_seconds[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

double Slowest(const LayerPartitionProblem& problem, const StageNumbers& numbers) {
  double slowest = 0;
  for (std::size_t i = 0; i < numbers.compute.size(); ++i) {
    const double receive =
        i == 0 ? 0 : Receive(problem, numbers.devices[i - 1], numbers.devices[i]);
    slowest = std::max(slowest, receive + numbers.compute[i] + numbers.sends[i]);
  }
  return slowest;
}

struct LayerOptimum {
  double slowest = kNever;  // infinity: nothing fits
  Ints layers;              // the lexicographically last one of the best
};

LayerOptimum TryAllSplits(const LayerPartitionProblem& problem, const Ints& order) {
  LayerOptimum best;
  const int layers = static_cast<int>(problem.layer_bytes.size());
  ForEachComposition(layers, static_cast<int>(order.size()), 0, [&](const Ints& split) {
    const StageNumbers numbers = Evaluate(problem, order, split);
    const double slowest = Slowest(problem, numbers);
    if (!numbers.fits() || slowest > best.slowest) return;
    best = {slowest, split};
  });
  return best;
}

Ints InOrder(int devices) {
  Ints order(static_cast<std::size_t>(devices));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

LayerPartitionProblem RandomLayerProblem(Draws& draws) {
  const int devices = draws.Int(1, 4);
  auto problem = RandomStages<LayerPartitionProblem>(draws, devices, draws.Int(1, 10));
  if (draws.Int(0, 1) == 1) problem.receive_seconds = RandomTransfers(draws, devices, 12);
  return problem;
}

// The least single increase of a budget with which something fits, in any of the orders.
std::int64_t LeastIncrease(const LayerPartitionProblem& problem, const std::vector<Ints>& orders) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  const int layers = static_cast<int>(problem.layer_bytes.size());
  for (const Ints& order : orders) {
    ForEachComposition(layers, static_cast<int>(order.size()), 0, [&](const Ints& split) {
      const StageNumbers numbers = Evaluate(problem, order, split);
      const auto over = std::count_if(numbers.missing.begin(), numbers.missing.end(),
                                      [](std::int64_t bytes) { return bytes > 0; });
      if (over > 1) return;
      least = std::min(least, *std::max_element(numbers.missing.begin(), numbers.missing.end()));
    });
  }
  return least;
}

std::vector<Ints> OrdersFromDevice0(int devices) {
  std::vector<Ints> orders;
  Ints order = InOrder(devices);
  do orders.push_back(order);
  while (std::next_permutation(order.begin() + 1, order.end()));
  return orders;
}

void ExpectShortBy(const LayerPartition& partition, std::int64_t bytes) {
  EXPECT_NE(partition.reason.find(" is " + std::to_string(bytes) + " B short"), std::string::npos)
      << partition.reason << ", expected " << bytes;
}

TEST(PartitionLayersTest, EqualsBruteForceInAGivenOrder) {
  Draws draws(1);
  int feasible = 0;
  for (int i = 0; i < kInstances; ++i) {
    const LayerPartitionProblem problem = RandomLayerProblem(draws);
    Ints order = InOrder(static_cast<int>(problem.budget.size()));
    std::rotate(order.begin(), order.begin() + draws.Int(0, static_cast<int>(order.size()) - 1),
                order.end());
    if (draws.Int(0, 1) == 1) std::reverse(order.begin(), order.end());
    const LayerOptimum expected = TryAllSplits(problem, order);
    const LayerPartition partition = PartitionLayers(problem, order);
    ASSERT_EQ(partition.feasible, expected.slowest < kNever) << i << ": " << partition.reason;
    EXPECT_EQ(partition.order, order);
    if (!partition.feasible) {
      ExpectShortBy(partition, LeastIncrease(problem, {order}));
      continue;
    }
    ++feasible;
    EXPECT_EQ(partition.slowest_seconds, expected.slowest) << i;
    EXPECT_EQ(partition.layers, expected.layers) << i;
    EXPECT_TRUE(partition.reason.empty());
  }
  RecordProperty("feasible", feasible);
  EXPECT_GT(feasible, kInstances / 4);
  EXPECT_LT(feasible, kInstances * 3 / 4);
}

TEST(PartitionLayersTest, EqualsBruteForceOverAllOrders) {
  Draws draws(2);
  int feasible = 0;
  for (int i = 0; i < kInstances; ++i) {
    const LayerPartitionProblem problem = RandomLayerProblem(draws);
    const std::vector<Ints> orders = OrdersFromDevice0(static_cast<int>(problem.budget.size()));
    LayerOptimum expected;
    Ints expected_order;
    for (const Ints& order : orders) {
      const LayerOptimum optimum = TryAllSplits(problem, order);
      if (optimum.slowest >= expected.slowest) continue;
      expected = optimum;
      expected_order = order;
    }
    const LayerPartition partition = PartitionLayersInBestOrder(problem);
    ASSERT_EQ(partition.feasible, expected.slowest < kNever) << i << ": " << partition.reason;
    if (!partition.feasible) {
      ExpectShortBy(partition, LeastIncrease(problem, orders));
      continue;
    }
    ++feasible;
    EXPECT_EQ(partition.slowest_seconds, expected.slowest) << i;
    EXPECT_EQ(partition.order, expected_order) << i;
    EXPECT_EQ(partition.layers, expected.layers) << i;
  }
  EXPECT_GT(feasible, kInstances / 4);
  EXPECT_LT(feasible, kInstances * 3 / 4);
}

// Four like devices with room for everything.
LayerPartitionProblem LikeDevices(int devices, int layers) {
  const std::size_t n = static_cast<std::size_t>(devices);
  LayerPartitionProblem problem;
  problem.layer_seconds.assign(n, std::vector<double>(static_cast<std::size_t>(layers), 0.1));
  problem.embed_seconds.assign(n, 0.0);
  problem.head_seconds.assign(n, 0.0);
  problem.send_seconds.assign(n, std::vector<double>(n, 0.0));
  problem.layer_bytes.assign(static_cast<std::size_t>(layers), 100);
  problem.fixed_bytes.assign(n, 0);
  problem.budget.assign(n, 100 * layers);
  return problem;
}

// Sums of tenths are not exact: plans that differ in the last bits only count as equally fast.
TEST(PartitionLayersTest, LikeDevicesGetLikeShares) {
  EXPECT_EQ(PartitionLayers(LikeDevices(4, 32), InOrder(4)).layers, (Ints{8, 8, 8, 8}));
  EXPECT_EQ(PartitionLayers(LikeDevices(4, 33), InOrder(4)).layers, (Ints{9, 9, 9, 6}));
  EXPECT_EQ(PartitionLayersInBestOrder(LikeDevices(4, 33)).order, InOrder(4));
  // No stage is faster for sending on what the devices before it can do as well.
  EXPECT_EQ(PartitionLayers(LikeDevices(5, 6), InOrder(5)).layers, (Ints{2, 2, 2, 0, 0}));
}

TEST(PartitionLayersTest, HeadAndEmbeddingCountAsLayers) {
  LayerPartitionProblem problem = LikeDevices(4, 32);
  problem.head_seconds.assign(4, 0.4);
  problem.embed_seconds.assign(4, 0.1);
  const LayerPartition partition = PartitionLayers(problem, InOrder(4));
  EXPECT_NEAR(partition.slowest_seconds, 1.0, 1e-12);
  EXPECT_EQ(partition.layers, (Ints{9, 10, 10, 3}));
}

TEST(PartitionLayersTest, ASlowSourceKeepsTheEmbeddingOnly) {
  LayerPartitionProblem problem = LikeDevices(3, 4);
  problem.layer_seconds[0].assign(4, 10.0);
  problem.embed_seconds[0] = 0.05;
  problem.send_seconds[0][1] = 0.2;
  problem.send_seconds[0][2] = 0.3;
  const LayerPartition partition = PartitionLayers(problem, InOrder(3));
  EXPECT_EQ(partition.layers, (Ints{0, 2, 2}));
  EXPECT_NEAR(partition.slowest_seconds, 0.25, 1e-12);
}

// The slow link leads to device 1, so device 1 is passed over.
TEST(PartitionLayersTest, TransfersGoPastEmptyStages) {
  LayerPartitionProblem problem = LikeDevices(3, 4);
  for (auto& row : problem.send_seconds) row[1] = 5;
  const LayerPartition partition = PartitionLayers(problem, InOrder(3));
  EXPECT_EQ(partition.layers, (Ints{2, 0, 2}));
  EXPECT_NEAR(partition.slowest_seconds, 0.2, 1e-12);
}

TEST(PartitionLayersTest, SaysWhichDeviceIsShort) {
  LayerPartitionProblem problem = LikeDevices(2, 4);
  problem.head_bytes = 50;
  problem.fixed_bytes = {10, 20};
  problem.budget = {215, 240};
  const LayerPartition partition = PartitionLayers(problem, InOrder(2));
  ASSERT_FALSE(partition.feasible);
  EXPECT_EQ(partition.reason,
            "in the best case device 1 is 30 B short: layers 2-3 and the head need 270 B, its "
            "budget is 240 B; all devices together are 25 B short; a shorter prompt or answer, or "
            "another device would help");
  EXPECT_EQ(partition.obstacle, Obstacle::kMemory);
  problem.budget = {5, 1000};
  problem.embed_bytes = 7;
  EXPECT_NE(PartitionLayers(problem, InOrder(2))
                .reason.find("device 0 is 12 B short: the "
                             "embedding need"),
            std::string::npos)
      << PartitionLayers(problem, InOrder(2)).reason;
}

TEST(PartitionLayersTest, BytesToSpareThatNoCutCanUseAreNamedSo) {
  LayerPartitionProblem problem = LikeDevices(3, 2);
  problem.head_bytes = 60;
  problem.budget = {99, 99, 99};
  problem.names = {"a", "b", "c"};
  const LayerPartition partition = PartitionLayers(problem, InOrder(3));
  ASSERT_FALSE(partition.feasible);
  EXPECT_EQ(partition.obstacle, Obstacle::kCannotCut);
  EXPECT_EQ(partition.reason.rfind("in the best case a (rank 0) is 161 B short: the embedding", 0),
            0u)
      << partition.reason;
  EXPECT_NE(partition.reason.find("have 37 B to spare, but not in one place"), std::string::npos)
      << partition.reason;
}

// Alone, the source stores a tied table once; split, both ends store it.
TEST(PartitionLayersTest, ATiedHeadIsStoredOnceByASourceWithAllLayers) {
  LayerPartitionProblem problem = LikeDevices(2, 2);
  problem.embed_bytes = problem.head_bytes = problem.shared_bytes = 50;
  problem.budget = {250, 10};
  EXPECT_EQ(PartitionLayers(problem, InOrder(2)).layers, (Ints{2, 0}));
  problem.shared_bytes = 0;
  EXPECT_FALSE(PartitionLayers(problem, InOrder(2)).feasible);
  problem.budget = {249, 10};
  problem.shared_bytes = 50;
  const LayerPartition partition = PartitionLayers(problem, InOrder(2));
  ASSERT_FALSE(partition.feasible);
  ExpectShortBy(partition, 1);
  EXPECT_NE(partition.reason.find("all devices together are 1 B short"), std::string::npos)
      << partition.reason;
}

TEST(PartitionLayersTest, ReceivingCountsAsTheStagesTime) {
  LayerPartitionProblem problem = LikeDevices(2, 8);
  problem.receive_seconds = {{0, 0.4}, {100, 0}};
  const LayerPartition partition = PartitionLayers(problem, InOrder(2));
  EXPECT_EQ(partition.layers, (Ints{6, 2}));
  EXPECT_NEAR(partition.slowest_seconds, 0.6, 1e-12);
}

// Receiving from the source is dear for the last device, from its neighbour it is not.
TEST(PartitionLayersTest, OnlyTheLinkThatAStageReceivesOnCounts) {
  LayerPartitionProblem problem = LikeDevices(3, 6);
  problem.receive_seconds = {{0, 0, 9}, {9, 0, 0}, {9, 9, 0}};
  EXPECT_EQ(PartitionLayers(problem, InOrder(3)).layers, (Ints{2, 2, 2}));
  problem.receive_seconds[1][2] = 9;
  EXPECT_EQ(PartitionLayers(problem, InOrder(3)).layers, (Ints{3, 3, 0}));
}

TEST(PartitionLayersTest, EightDevicesAreTheMostToOrder) {
  EXPECT_TRUE(PartitionLayersInBestOrder(LikeDevices(kMostDevicesToOrder, 8)).feasible);
  try {
    PartitionLayersInBestOrder(LikeDevices(kMostDevicesToOrder + 1, 8));
    FAIL() << "nine devices";
  } catch (const UserError& error) {
    EXPECT_EQ(std::string(error.what()),
              "9 devices: the best order is searched for up to 8; leave --any-order out, then the "
              "devices are taken as the cluster file lists them");
  }
}

// How long it takes is bench/planner_bench's to say.
TEST(PartitionLayersTest, EightyLayersOnSixtyFourDevices) {
  Draws draws(3);
  LayerPartitionProblem problem = LikeDevices(64, 80);
  for (std::size_t d = 0; d < 64; ++d) {
    const int speed = draws.Int(1, 8);
    for (double& seconds : problem.layer_seconds[d]) seconds = draws.Int(90, 110) / 100.0 / speed;
    for (double& seconds : problem.send_seconds[d]) seconds = draws.Int(1, 1000) / 1000.0;
    problem.receive_seconds.push_back(problem.send_seconds[d]);
    problem.budget[d] = draws.Int(1, 10) * 100;
  }
  const LayerPartition partition = PartitionLayers(problem, InOrder(64));
  EXPECT_TRUE(partition.feasible) << partition.reason;
}

TEST(PartitionLayersDeathTest, MalformedProblemsAreBugs) {
  LayerPartitionProblem problem = LikeDevices(2, 4);
  EXPECT_DEATH(PartitionLayers(problem, {0, 0}), "is_permutation");
  EXPECT_DEATH(PartitionLayers(problem, {0}), "is_permutation");
  EXPECT_DEATH(PartitionLayers(problem, {}), "order.empty");
  EXPECT_DEATH(PartitionLayers(problem, {2, 0}), "source");
  problem.layer_seconds[1].pop_back();
  EXPECT_DEATH(PartitionLayers(problem, {0, 1}), "3 numbers for 4");
  problem = LikeDevices(2, 4);
  problem.head_seconds[1] = -1;
  EXPECT_DEATH(PartitionLayers(problem, {0, 1}), "-1");
  problem = LikeDevices(2, 4);
  problem.send_seconds.pop_back();
  EXPECT_DEATH(PartitionLayers(problem, {0, 1}), "send_seconds.size");
  problem = LikeDevices(2, 4);
  problem.receive_seconds = {{0, 0}};
  EXPECT_DEATH(PartitionLayers(problem, {0, 1}), "receive_seconds 1");
  problem.receive_seconds = {{0, -1}, {0, 0}};
  EXPECT_DEATH(PartitionLayers(problem, {0, 1}), "-1");
}

}  // namespace
}  // namespace jupiter

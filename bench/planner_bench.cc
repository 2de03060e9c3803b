// How long the planners take on problems at the size of their limits.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <numeric>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "planning/partition/edgeshard.h"
#include "planning/partition/galaxy.h"
#include "planning/partition/layer_partition.h"
#include "planning/partition/sequence_partition.h"

namespace jupiter {
namespace {

constexpr int kLayers = 80;

// Unlike layers, devices up to four times as fast as others, and links that all differ.
template <typename Problem>
Problem MixedCluster(int devices, int layers) {
  const CounterRng rng(7);
  std::uint64_t draw = 0;
  const auto uniform = [&](double low, double high) {
    return low + (high - low) * static_cast<double>(rng.Uniform(draw++));
  };
  Problem problem;
  const std::size_t n = static_cast<std::size_t>(devices);
  for (std::size_t d = 0; d < n; ++d) {
    const double speed = uniform(1, 4);
    problem.embed_seconds.push_back(1e-4 / speed);
    problem.head_seconds.push_back(5e-3 / speed);
    problem.fixed_bytes.push_back(200 << 20);
    problem.budget.push_back(
        static_cast<std::int64_t>(uniform(1, 2) * (6e8 * layers / devices + 1e9)));
    std::vector<double> seconds;
    for (int l = 0; l < layers; ++l) seconds.push_back(uniform(0.9, 1.1) * 2e-3 / speed);
    problem.layer_seconds.push_back(std::move(seconds));
    problem.send_seconds.emplace_back();
    for (std::size_t to = 0; to < n; ++to) {
      problem.send_seconds.back().push_back(uniform(1e-3, 4e-3));
    }
  }
  problem.budget[0] += std::int64_t{1} << 30;
  problem.layer_bytes.assign(static_cast<std::size_t>(layers), 300 << 20);
  problem.embed_bytes = 250 << 20;
  problem.head_bytes = 250 << 20;
  return problem;
}

EdgeShardProblem MixedEdgeShard(int devices, int layers) {
  auto problem = MixedCluster<EdgeShardProblem>(devices, layers);
  problem.return_seconds.assign(static_cast<std::size_t>(devices), 1e-3);
  return problem;
}

// A stage of a 7B model on a small GPU: launches, streamed weights or arithmetic, attention.
double SliceSeconds(int length, int offset) {
  const double arithmetic = 1.4e-4 * length + 3e-8 * length * (offset + 0.5 * length);
  return 2e-3 + std::max(8e-3, arithmetic);
}

void LayersInGivenOrder(benchmark::State& state) {
  const int devices = static_cast<int>(state.range(0));
  auto problem = MixedCluster<LayerPartitionProblem>(devices, kLayers);
  if (state.range(1) == 0) {
    for (auto& row : problem.send_seconds) row.assign(row.size(), 0.0);
  }
  std::vector<int> order(static_cast<std::size_t>(devices));
  std::iota(order.begin(), order.end(), 0);
  for (auto _ : state) {
    const LayerPartition partition = PartitionLayers(problem, order);
    JUPITER_CHECK(partition.feasible, "{}", partition.reason);
    state.counters["slowest_ms"] = 1e3 * partition.slowest_seconds;
  }
}
BENCHMARK(LayersInGivenOrder)
    ->ArgNames({"devices", "sends"})
    ->Args({4, 1})
    ->Args({64, 0})
    ->Args({64, 1})
    ->Unit(benchmark::kMillisecond);

void LayersInBestOrder(benchmark::State& state) {
  const auto problem =
      MixedCluster<LayerPartitionProblem>(static_cast<int>(state.range(0)), kLayers);
  for (auto _ : state) {
    const LayerPartition partition = PartitionLayersInBestOrder(problem);
    JUPITER_CHECK(partition.feasible, "{}", partition.reason);
    state.counters["slowest_ms"] = 1e3 * partition.slowest_seconds;
  }
}
BENCHMARK(LayersInBestOrder)->ArgName("devices")->Arg(4)->Arg(8)->Unit(benchmark::kMillisecond);

// Arguments: tokens, unit, stages.
void SequencePlanner(benchmark::State& state) {
  SequenceProblem problem;
  problem.tokens = static_cast<int>(state.range(0));
  problem.unit = static_cast<int>(state.range(1));
  problem.least = 8;
  problem.stages = static_cast<int>(state.range(2));
  problem.seconds = SliceSeconds;
  for (auto _ : state) {
    const SequencePartition partition = PartitionSequence(problem);
    state.counters["slices"] = static_cast<double>(partition.lengths.size());
    state.counters["objective_ms"] = 1e3 * partition.objective;
  }
}
BENCHMARK(SequencePlanner)
    ->ArgNames({"tokens", "unit", "stages"})
    ->Args({512, 8, 4})
    ->Args({4096, 8, 4})
    ->Args({4096, 8, 64})
    ->Args({2048, 1, 4})
    ->Unit(benchmark::kMillisecond);

void EdgeShardLatency(benchmark::State& state) {
  const EdgeShardProblem problem = MixedEdgeShard(static_cast<int>(state.range(0)), 40);
  for (auto _ : state) {
    const EdgeShardPlan plan = PlanEdgeShardLatency(problem);
    JUPITER_CHECK(plan.feasible, "{}", plan.reason);
    state.counters["exact"] = plan.exact();
    state.counters["stages"] = static_cast<double>(plan.order.size());
  }
}
BENCHMARK(EdgeShardLatency)
    ->ArgName("devices")
    ->Arg(4)
    ->Arg(kMostExactDevices)
    ->Arg(64)
    ->Unit(benchmark::kMillisecond);

void EdgeShardThroughput(benchmark::State& state) {
  const EdgeShardProblem problem = MixedEdgeShard(static_cast<int>(state.range(0)), 40);
  for (auto _ : state) {
    const EdgeShardPlan plan = PlanEdgeShardThroughput(problem);
    JUPITER_CHECK(plan.feasible, "{}", plan.reason);
    state.counters["exact"] = plan.exact();
    state.counters["stages"] = static_cast<double>(plan.order.size());
  }
}
BENCHMARK(EdgeShardThroughput)
    ->ArgName("devices")
    ->Arg(4)
    ->Arg(kMostExactDevices)
    ->Arg(64)
    ->Unit(benchmark::kMillisecond);

// With little enough memory for the second step to move most shares.
void GalaxyPlanner(benchmark::State& state) {
  GalaxyProblem problem;
  problem.heads = 64;
  problem.columns = 28672;
  problem.grain = 64;
  problem.attention_bytes = std::int64_t{12} << 30;
  problem.mlp_bytes = std::int64_t{28} << 30;
  const CounterRng rng(8);
  for (std::uint64_t d = 0; d < static_cast<std::uint64_t>(state.range(0)); ++d) {
    const double speed = 1 + 3 * static_cast<double>(rng.Uniform(2 * d));
    problem.attention_seconds.push_back(3e-2 / speed);
    problem.mlp_seconds.push_back(5e-2 / speed);
    problem.fixed_bytes.push_back(100 << 20);
    problem.budget.push_back(static_cast<std::int64_t>(
        (0.8 + static_cast<double>(rng.Uniform(2 * d + 1))) * 4e10 / state.range(0) + 2e8));
  }
  for (auto _ : state) {
    const GalaxyShares shares = PlanGalaxy(problem);
    JUPITER_CHECK(shares.feasible, "{}", shares.reason);
    benchmark::DoNotOptimize(shares.slowest_seconds);
  }
}
BENCHMARK(GalaxyPlanner)->ArgName("devices")->Arg(4)->Arg(32)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const std::size_t run = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return run > 0 ? 0 : 2;  // a filter that selects none
}

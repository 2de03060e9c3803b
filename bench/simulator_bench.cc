// How fast records are replayed: events of all ranks per second.
//
//   simulator_bench [--benchmark_* flags of Google Benchmark]
//
// The records are pipelines as strategies record them: prefill slices, then tokens that go round,
// with the ops of some layers per stage, on a described testbed of unequal devices.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>

#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"
#include "planning/testbed/op_costs.h"

namespace jupiter {
namespace {

// A roofline, as the costs of device profiles are.
class BenchCosts : public OpCosts {
 public:
  explicit BenchCosts(double speed) : rate_(1e12 * speed), bandwidth_(5e10 * speed) {}
  double Seconds(const OpCall& op) const override {
    return 5e-6 + std::max(static_cast<double>(op.operations) / rate_,
                           static_cast<double>(op.bytes) / bandwidth_);
  }

 private:
  double rate_;
  double bandwidth_;
};

struct PipelineShape {
  int ranks = 0;
  int slices = 0;
  int tokens = 0;
  int ops = 0;  // of a stage, per slice or token
};

void AddOps(std::vector<Event>& events, int ops, std::int64_t rows) {
  for (int i = 0; i < ops; ++i) {
    OpEvent event;
    event.op.kind = OpKind::kLinear;
    event.op.rows = rows;
    event.op.bytes = (1 << 22) + 8192 * rows;
    event.op.operations = rows << 23;
    events.emplace_back(event);
  }
}

// One pass of `rows` through the pipeline. Decoding returns each token to rank 0.
void AddPass(RunRecord& record, const PipelineShape& shape, std::int64_t rows, bool back) {
  const std::int64_t bytes = rows * 8192;
  for (int rank = 0; rank < shape.ranks; ++rank) {
    std::vector<Event>& events = record.ranks[static_cast<std::size_t>(rank)].events;
    if (rank > 0) events.emplace_back(ReceiveEvent{rank - 1, 0, 64, bytes, 0, 0});
    AddOps(events, shape.ops, rows);
    if (rank + 1 < shape.ranks) events.emplace_back(SendEvent{rank + 1, 0, 64, bytes, 0, 0});
  }
  if (!back) return;
  record.ranks.back().events.emplace_back(SendEvent{0, 1, 64, 4, 0, 0});
  record.ranks.front().events.emplace_back(ReceiveEvent{shape.ranks - 1, 1, 64, 4, 0, 0});
  record.ranks.front().events.emplace_back(MarkEvent{MarkKind::kToken, 0, 0});
}

RunRecord PipelineRecord(const PipelineShape& shape) {
  RunRecord record;
  record.ranks.resize(static_cast<std::size_t>(shape.ranks));
  for (int slice = 0; slice < shape.slices; ++slice) AddPass(record, shape, 64, false);
  for (int token = 0; token < shape.tokens; ++token) AddPass(record, shape, 1, true);
  return record;
}

Testbed UnequalTestbed(int ranks, bool changing) {
  const auto size = static_cast<std::size_t>(ranks);
  Testbed testbed;
  for (int rank = 0; rank < ranks; ++rank) {
    testbed.costs.push_back(std::make_shared<const BenchCosts>(1 + 0.1 * (rank % 7)));
  }
  Link link;
  link.bandwidth = 1e8;
  link.efficiency = 0.94;
  link.latency = 1e-4;
  link.wire_seconds = 1e-5;
  link.host_seconds = 2e-5;
  if (changing) {
    std::vector<RateStep> steps;
    for (int i = 0; i < 1000; ++i) steps.push_back({0.1 * i, 0.25 + 0.75 * (i % 2)});
    link.trace = RateTrace(steps);
    testbed.speed.assign(size, RateTrace(steps));
  }
  testbed.links.assign(size, std::vector<Link>(size, link));
  return testbed;
}

void Replays(benchmark::State& state, PipelineShape shape, bool changing, bool shared) {
  const RunRecord record = PipelineRecord(shape);
  Testbed testbed = UnequalTestbed(shape.ranks, changing);
  testbed.shared_medium = shared;
  std::int64_t events = 0;
  std::int64_t messages = 0;
  for ([[maybe_unused]] auto _ : state) {
    const Replay replay = Simulate(record, testbed);
    events += replay.events;
    for (const RankReplay& rank : replay.ranks) messages += rank.messages_sent;
    benchmark::DoNotOptimize(replay.end);
  }
  using benchmark::Counter;
  state.counters["events/s"] = Counter(static_cast<double>(events), Counter::kIsRate);
  state.counters["messages/s"] = Counter(static_cast<double>(messages), Counter::kIsRate);
  state.counters["events"] =
      Counter(static_cast<double>(events) / static_cast<double>(state.iterations()));
}

void Register() {
  const PipelineShape four{4, 32, 128, 8 * 15};  // 8 layers of 15 ops per stage
  const PipelineShape many{64, 32, 32, 2 * 15};  // 2 layers
  const PipelineShape chatty{64, 256, 1024, 1};  // a message per op
  const auto add = [](const char* name, const PipelineShape& shape, bool changing, bool shared) {
    benchmark::RegisterBenchmark(name, Replays, shape, changing, shared)
        ->Unit(benchmark::kMillisecond);
  };
  add("pipeline/ranks:4", four, false, false);
  add("pipeline/ranks:64", many, false, false);
  add("pipeline/ranks:64/changing_rates", many, true, false);
  add("pipeline/ranks:64/shared_medium", many, false, true);
  add("messages/ranks:64", chatty, false, false);
  add("messages/ranks:64/shared_medium", chatty, false, true);
}

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  jupiter::Register();
  const std::size_t run = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return run > 0 ? 0 : 2;  // a filter that selects none
}

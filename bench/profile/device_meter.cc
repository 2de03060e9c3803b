#include "bench/profile/device_meter.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "bench/profile/layers_to_measure.h"
#include "bench/profile/stage_bench.h"
#include "bench/report/host_facts.h"
#include "bench/report/metrics.h"
#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "kernels/base/rng.h"
#include "model/stage/weights.h"
#include "parallel/session/preflight.h"
#include "planning/text/units.h"

namespace jupiter {
namespace {

constexpr int kWarmUps = 3;
// When time decides. Each round gives a sample per layer, so medians of small models are settled
// long before.
constexpr int kMostRounds = 50;

std::vector<Shot> ShotsOf(const MeterOptions& options) {
  std::vector<Shot> shots;
  for (const int context : options.contexts) {
    for (const int rows : options.rows) shots.push_back({rows, context});
  }
  return shots;
}

// In an order that depends on the round alone (Fisher and Yates).
void ShuffleShots(std::vector<Shot>& shots, int round) {
  const CounterRng rng(static_cast<std::uint64_t>(round));
  for (std::size_t i = shots.size(); i > 1; --i) std::swap(shots[i - 1], shots[rng.Bits(i) % i]);
}

class Meter {
 public:
  Meter(Device& device, Checkpoint& checkpoint, const MeterOptions& options,
        const Progress& progress)
      : device_(device),
        checkpoint_(checkpoint),
        options_(options),
        progress_(progress),
        shots_(ShotsOf(options)),
        least_rows_(*std::min_element(options.rows.begin(), options.rows.end())),
        most_rows_(*std::max_element(options.rows.begin(), options.rows.end())) {}

  DeviceMeasurement Run() {
    PlanStage();
    OpSamples samples;
    StageBench bench(device_, checkpoint_, stage_, samples);
    WarmUp(bench, samples);
    RunRounds(bench, samples);
    result_.medians = samples.Medians();
    result_.overhead = {Quantile(least_overhead_, 0.5), Quantile(most_overhead_, 0.5),
                        Quantile(token_seconds_, 0.5)};
    return std::move(result_);
  }

 private:
  StageOptions StageOf(int layers) const {
    const int most_context = *std::max_element(options_.contexts.begin(), options_.contexts.end());
    StageOptions stage;
    stage.layer_end = layers;
    stage.embedding = true;
    stage.head = true;
    stage.max_rows = most_rows_;
    for (const Shot& shot : shots_) {
      stage.max_head_rows = std::max(stage.max_head_rows, StageBench::HeadRows(shot));
    }
    stage.max_positions = most_context + most_rows_;
    stage.kv_dtype = options_.kv;
    stage.quantise = options_.quantise;
    return stage;
  }

  void PlanStage() {
    const int model_layers = checkpoint_.config().layers;
    const std::int64_t one = PlanStageMemory(device_, checkpoint_, StageOf(1)).weights;
    const std::int64_t layer_bytes =
        one - PlanStageMemory(device_, checkpoint_, StageOf(0)).weights;
    const std::int64_t cache = LastLevelCache();
    result_.layers =
        options_.layers > 0 ? options_.layers : LayersToMeasure(model_layers, layer_bytes, cache);
    stage_ = StageOf(result_.layers);
    const StageMemory memory = PlanStageMemory(device_, checkpoint_, stage_);
    result_.weight_bytes = memory.weights;
    const std::int64_t needed = Needed(memory);
    progress_(fmt::format(
        "{} of {} layers with embedding and head, {:.0f} MiB of weights ({:.1f} MiB per layer, "
        "last cache {:.0f} MiB), {:.0f} MiB in all",
        result_.layers, model_layers, Mebibytes(memory.weights), Mebibytes(layer_bytes),
        Mebibytes(cache), Mebibytes(needed)));
    if (const std::int64_t available = device_.Memory().available; needed > available) {
      FailUser(
          "measuring takes {:.0f} MiB, {:.0f} MiB are available; quantise (--quantize q4_0), or "
          "give fewer --layers, --rows or --contexts",
          Mebibytes(needed), Mebibytes(available));
    }
  }

  // Each context has a sequence of its own.
  std::int64_t Needed(const StageMemory& memory) const {
    std::int64_t bytes = memory.weights + memory.activations;
    for (const int context : options_.contexts) {
      bytes += memory.kv / stage_.max_positions * (context + most_rows_);
    }
    return bytes;
  }

  void WarmUp(StageBench& bench, OpSamples& samples) {
    const double start = Now();
    for (const int context : options_.contexts) bench.AddContext(context);
    for (int i = 0; i < kWarmUps; ++i) bench.Fire({least_rows_, options_.contexts[0]});
    bench.Fire({most_rows_, options_.contexts[0]});
    samples.Drop();
    progress_(fmt::format(
        "warm-up took {:.1f} s; {} batches per round, {}", Now() - start, shots_.size(),
        options_.rounds > 0 ? fmt::format("{} rounds", options_.rounds)
                            : fmt::format("rounds for about {:.0f} s", options_.seconds)));
  }

  // When time decides: whether a round as long as the longest so far still fits, and would tell
  // more.
  bool GoOn(double longest) const {
    if (result_.rounds == 0) return true;
    if (options_.rounds > 0) return result_.rounds < options_.rounds;
    return result_.rounds < kMostRounds && result_.seconds + longest <= options_.seconds;
  }

  void RunRounds(StageBench& bench, OpSamples& samples) {
    for (double longest = 0; GoOn(longest);) {
      const double start = Now();
      std::vector<Shot> shots = shots_;
      ShuffleShots(shots, result_.rounds);
      for (const Shot& shot : shots) Measure(bench, samples, shot);
      const double took = Now() - start;
      longest = std::max(longest, took);
      result_.seconds += took;
      ++result_.rounds;
      // Small models have many short rounds.
      if (result_.rounds <= 3 || took > 1) {
        progress_(fmt::format("round {}: {:.1f} s", result_.rounds, took));
      }
    }
  }

  void Measure(StageBench& bench, OpSamples& samples, const Shot& shot) {
    const double between = bench.Fire(shot);
    samples.Keep();
    if (shot.rows == least_rows_) {
      least_overhead_.push_back(between);
      token_seconds_.push_back(bench.TakeToken());
    }
    if (shot.rows == most_rows_) most_overhead_.push_back(between);
  }

  Device& device_;
  Checkpoint& checkpoint_;
  const MeterOptions& options_;
  const Progress& progress_;
  std::vector<Shot> shots_;
  int least_rows_;
  int most_rows_;
  StageOptions stage_;
  DeviceMeasurement result_;
  std::vector<double> least_overhead_;
  std::vector<double> most_overhead_;
  std::vector<double> token_seconds_;
};

}  // namespace

DeviceMeasurement MeasureDevice(Device& device, Checkpoint& checkpoint, const MeterOptions& options,
                                const Progress& progress) {
  JUPITER_CHECK(!options.rows.empty() && !options.contexts.empty());
  if (!device.holds_data()) {
    FailUser("--device {}: computes nothing, so there is nothing to measure; choose cpu or eigen",
             device.name());
  }
  return Meter(device, checkpoint, options, progress).Run();
}

}  // namespace jupiter

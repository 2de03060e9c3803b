// What plans predict is what the replay of the recorded run takes: edgeshard and jupiter on the
// shipped clusters, 7B and 13B, at three bandwidths; and the slices that the sequence partition
// finds are never worse than the best equal ones.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>

#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "planning/partition/best_slicing.h"
#include "planning/partition/sequence_partition.h"
#include "planning/planners/planners.h"
#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"
#include "tests/parallel/emulation/record_request.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {
namespace {

constexpr int kPrompt = 256;
constexpr int kTokens = 16;
constexpr double kBandwidths[] = {100e6, 500e6, 1000e6};

struct Cell {
  std::string cluster;
  std::string model;
  std::string planner;
};

std::string ClusterPath(const std::string& name) {
  return std::string(JUPITER_CLUSTERS) + "/" + name + ".yaml";
}

// TTFT and end-to-end seconds of a plan, by recording it over MPI and replaying the record.
class Replayer {
 public:
  explicit Replayer(const std::string& model)
      : transport_(TestContext()),
        device_(MakeDevice("recording", {})),
        checkpoint_(OpenCheckpoint(model)) {}

  const Checkpoint& checkpoint() const { return *checkpoint_; }

  RunRecord RecordPlan(const Plan& plan) {
    SessionOptions options;
    options.plan = plan;
    options.split = LayerSplit::kGiven;
    options.prompt_tokens = kPrompt;
    options.max_tokens = kTokens;
    return RecordRequest(transport_, *device_, *checkpoint_, options);
  }

 private:
  Transport transport_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<Checkpoint> checkpoint_;
};

double MarkTimeOf(const Replay& replay, MarkKind kind, std::int64_t index) {
  for (const MarkTime& mark : replay.ranks.front().marks) {
    if (mark.kind == kind && mark.index == index) return mark.time;
  }
  ADD_FAILURE() << "no mark " << Name(kind) << " " << index;
  return 0;
}

double TtftOf(const Replay& replay) { return MarkTimeOf(replay, MarkKind::kFirstToken, 1); }

class PredictionTest : public testing::TestWithParam<Cell> {
 protected:
  // Calls `check` with the predictor and plan of each bandwidth at which the planner finds one.
  template <typename Check>
  void ForEachPlan(Replayer& replayer, const Check& check) {
    const ModelShape shape = ShapeOf(replayer.checkpoint(), std::nullopt, DType::kF16);
    for (double bandwidth : kBandwidths) {
      const Cluster cluster = AtBandwidth(LoadCluster(ClusterPath(GetParam().cluster)), bandwidth);
      const PlanningTask task{.shape = shape,
                              .cluster = cluster,
                              .prompt_tokens = kPrompt,
                              .tokens = kTokens,
                              .wire = DType::kF16};
      const Predictor predictor(task);
      const PlannedRun run = FindPlanner(GetParam().planner).make(predictor);
      ASSERT_TRUE(run.prediction) << run.reason;
      SCOPED_TRACE(fmt::format("{} Mbit/s", bandwidth / 1e6));
      check(predictor, run);
    }
  }
};

TEST_P(PredictionTest, EqualsTheReplay) {
  Replayer replayer(GetParam().model);
  ForEachPlan(replayer, [&](const Predictor& predictor, const PlannedRun& run) {
    const RunRecord record = replayer.RecordPlan(run.plan);
    if (TestContext().rank() != 0) return;
    const Replay replay = Simulate(record, TestbedOf(predictor.task().cluster));
    const Prediction& prediction = *run.prediction;
    const double e2el = MarkTimeOf(replay, MarkKind::kToken, kTokens);
    EXPECT_NEAR(prediction.ttft / TtftOf(replay), 1, 1e-9);
    EXPECT_NEAR(prediction.e2el / e2el, 1, 1e-9);
    EXPECT_NEAR(prediction.tpot / ((e2el - TtftOf(replay)) / (kTokens - 1)), 1, 1e-9);
  });
}

// A pace that never changes is no trace: predictions have it.
TEST(ConstantPaceTest, EqualsTheReplay) {
  Replayer replayer("synthetic:llama2-7b:q4_0");
  const ModelShape shape = ShapeOf(replayer.checkpoint(), std::nullopt, DType::kF16);
  Cluster cluster = LoadCluster(ClusterPath("env-b"));
  cluster.devices[1].speed = RateTrace({{0, 0.5}});
  cluster.links[0][1].trace = RateTrace({{0, 0.25}});
  const Predictor predictor({.shape = shape,
                             .cluster = cluster,
                             .prompt_tokens = kPrompt,
                             .tokens = kTokens,
                             .wire = DType::kF16});
  const PlannedRun run = FindPlanner("equal").make(predictor);
  const RunRecord record = replayer.RecordPlan(run.plan);
  if (TestContext().rank() != 0) return;
  const Replay replay = Simulate(record, TestbedOf(cluster));
  EXPECT_NEAR(run.prediction->ttft / TtftOf(replay), 1, 1e-9);
  EXPECT_NEAR(run.prediction->e2el / MarkTimeOf(replay, MarkKind::kToken, kTokens), 1, 1e-9);
}

// `local` is recorded on rank 0, and replayed there with the costs of the device that is taken.
TEST(SingleDeviceTest, EqualsTheReplayOnThatDevice) {
  Replayer replayer("synthetic:llama2-7b:q4_0");
  const ModelShape shape = ShapeOf(replayer.checkpoint(), std::nullopt, DType::kF16);
  Cluster cluster = LoadCluster(ClusterPath("env-b"));
  std::reverse(cluster.devices.begin(), cluster.devices.end());
  cluster.devices[3].speed = RateTrace({{0, 0.75}});
  const Predictor predictor(
      {.shape = shape, .cluster = cluster, .prompt_tokens = kPrompt, .tokens = kTokens});
  const SingleDevice single = FastestSingleDevice(predictor, "local");
  EXPECT_EQ(single.device, 3);
  const RunRecord record = replayer.RecordPlan(single.plan);
  if (TestContext().rank() != 0) return;
  Testbed testbed = TestbedOf(cluster);
  testbed.costs[0] = testbed.costs[3];
  testbed.speed[0] = testbed.speed[3];
  const Replay replay = Simulate(record, testbed);
  EXPECT_NEAR(single.prediction.ttft / TtftOf(replay), 1, 1e-9);
  EXPECT_NEAR(single.prediction.e2el / MarkTimeOf(replay, MarkKind::kToken, kTokens), 1, 1e-9);
}

class SlicingTest : public PredictionTest {};

TEST_P(SlicingTest, PlannedSlicesAreNeverWorseThanEqualOnes) {
  Replayer replayer(GetParam().model);
  ForEachPlan(replayer, [&](const Predictor& predictor, const PlannedRun& run) {
    const Testbed testbed = TestbedOf(predictor.task().cluster);
    const auto ttft = [&](const std::vector<int>& slices) {
      Plan plan = run.plan;
      plan.slices.kind = SlicePolicy::Kind::kLengths;
      plan.slices.lengths = slices;
      const RunRecord record = replayer.RecordPlan(plan);
      return TestContext().rank() == 0 ? TtftOf(Simulate(record, testbed)) : 0;
    };
    const double planned = ttft(run.plan.slices.lengths);
    double best = std::numeric_limits<double>::infinity();
    for (const std::vector<int>& equal : EqualSlicings(kPrompt, run.plan.slices.least, kPrompt)) {
      best = std::min(best, ttft(equal));
    }
    EXPECT_LE(planned, best * (1 + 1e-12));
    if (TestContext().rank() != 0) return;
    fmt::print(
        "{} {} {:.0f} Mbit/s: slices {}, TTFT {:.4f} s; best equal slices {:.4f} s ({:+.2f} %)\n",
        GetParam().cluster, GetParam().model, predictor.task().cluster.links[0][1].bandwidth / 1e6,
        fmt::join(run.plan.slices.lengths, ","), planned, best, 100 * (best / planned - 1));
  });
}

std::vector<Cell> Cells(const std::vector<std::string>& planners) {
  std::vector<Cell> cells;
  for (const char* cluster : {"env-a", "env-b"}) {
    for (const char* model : {"synthetic:llama2-7b:q4_0", "synthetic:llama2-13b:q4_0"}) {
      for (const std::string& planner : planners) cells.push_back({cluster, model, planner});
    }
  }
  return cells;
}

// Of four devices, so these run on four ranks.
INSTANTIATE_TEST_SUITE_P(Paper, PredictionTest,
                         testing::ValuesIn(Cells({"edgeshard-latency", "edgeshard-throughput",
                                                  "jupiter"})));
INSTANTIATE_TEST_SUITE_P(Paper, SlicingTest, testing::ValuesIn(Cells({"jupiter"})));

}  // namespace
}  // namespace jupiter

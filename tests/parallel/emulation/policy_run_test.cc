// Recorded runs of outlines and drafts on devices that compute nothing: their replays are the same
// every time, and rounds of points take what the formula says.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "bench/emulate/record_store.h"
#include "bench/flags/bandwidth_flag.h"
#include "bench/flags/planned.h"
#include "bench/paper/policy_times.h"
#include "model/checkpoint/checkpoint.h"
#include "model/loaders/open_checkpoint.h"
#include "model/stage/weights.h"
#include "parallel/session/session_plan.h"
#include "planning/drafts/known_acceptance.h"
#include "planning/drafts/tree_planner.h"
#include "planning/replay/round_time.h"
#include "planning/replay/testbed.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {
namespace {

constexpr const char* kModel = "synthetic:llama2-7b:q4_0";
constexpr int kStages = 4;

ShapeRun PointsOf(int points, int tokens) {
  ShapeRun run;
  run.sets.push_back(
      {64, std::vector<ShapeRequest>(static_cast<std::size_t>(points), {14, tokens})});
  return run;
}

ShapeRun WithOutline(int points) {
  ShapeRun run = PointsOf(points, 9);
  run.sets.insert(run.sets.begin(), ShapeSet{0, {{40, 6}}});
  return run;
}

DrawnDrafts SomeDrafts() {
  DrawnDrafts drafts;
  drafts.acceptance = KnownAcceptances().front();
  drafts.tree = LikeliestTree(drafts.acceptance, 7);
  drafts.seed = 3;
  return drafts;
}

class PolicyRunTest : public ::testing::Test {
 protected:
  PolicyRunTest()
      : transport_(TestContext()), records_(transport_), checkpoint_(OpenCheckpoint(kModel)) {}

  // At rank 0; elsewhere without events.
  std::shared_ptr<const RunRecord> RecordShapes(const ShapeRun& run, const std::string& strategy) {
    SessionOptions options;
    options.plan.strategy = strategy;
    options.plan.wire = DType::kF16;
    SizeFor(options, run);
    const ModelShape shape = ShapeOf(*checkpoint_, std::nullopt, DType::kF16);
    plan_ = CompletePlan(options, shape, kStages, {});
    return records_.RecordOf(kModel, *checkpoint_, options, plan_, run);
  }

  static Testbed Bed(const std::string& env, double bandwidth) {
    return TestbedOf(AtBandwidth(
        LoadCluster(std::string(JUPITER_CLUSTERS) + "/env-" + env + ".yaml"), bandwidth));
  }

  PolicyTimes Replayed(const ShapeRun& run, const RunRecord& record, const Testbed& testbed) const {
    return TimesOf(run, plan_, Simulate(record, testbed, {.activities = true}));
  }

  bool is_source() const { return transport_.rank() == 0; }

  Transport transport_;
  RecordStore records_;
  std::unique_ptr<Checkpoint> checkpoint_;
  Plan plan_;
};

TEST_F(PolicyRunTest, RoundsFollowTheFormula) {
  for (int points : {1, 2, 4, 8}) {
    const ShapeRun run = PointsOf(points, 24);
    const auto record = RecordShapes(run, "jupiter");
    if (!is_source()) continue;
    for (const std::string env : {"a", "b"}) {
      for (double bandwidth : {100e6, 1000e6}) {
        SCOPED_TRACE(fmt::format("{} points, env {}, {} Mbit/s", points, env, bandwidth / 1e6));
        const Testbed testbed = Bed(env, bandwidth);
        const RoundFacts replayed = Replayed(run, *record, testbed).round;
        const BatchWork work = BatchWorkOf(*record, testbed, PipelineRanks(plan_),
                                           replayed.first_batch, replayed.batches);
        const auto batches = static_cast<int>(std::lround(points / replayed.items));
        const RoundTime formula = PredictRound(work, batches);
        EXPECT_NEAR(replayed.seconds, formula.seconds, 0.1 * formula.seconds);
        EXPECT_NEAR(replayed.utilisation, formula.utilisation, 0.1 * formula.utilisation);
        const double in_flight = formula.in_flight * replayed.items;
        EXPECT_NEAR(replayed.in_flight, in_flight, 0.1 * in_flight);
        EXPECT_GE(replayed.in_flight, 0.999 * std::min(points, kStages));
        fmt::print(
            "{} points, env {}, {} Mbit/s: round {:.4f} / {:.4f} s, in flight {:.2f} / "
            "{:.2f}, utilisation {:.3f} / {:.3f}, {:.2f} requests a batch\n",
            points, env, bandwidth / 1e6, replayed.seconds, formula.seconds, replayed.in_flight,
            in_flight, replayed.utilisation, formula.utilisation, replayed.items);
      }
    }
  }
}

TEST_F(PolicyRunTest, EightPointsOnFourDevicesYieldThreeTimesTheTokens) {
  const ShapeRun one = PointsOf(1, 24);
  const ShapeRun eight = PointsOf(8, 24);
  const auto alone = RecordShapes(one, "jupiter");
  const auto together = RecordShapes(eight, "jupiter");
  if (!is_source()) return;
  for (const std::string env : {"a", "b"}) {
    const Testbed testbed = Bed(env, 100e6);
    const double single = 1 / Replayed(one, *alone, testbed).round.seconds;
    const double rate = 8 / Replayed(eight, *together, testbed).round.seconds;
    fmt::print("env {}: {:.2f} and {:.2f} tokens/s, {:.2f} times\n", env, single, rate,
               rate / single);
    EXPECT_GE(rate, (env == "a" ? 3 : 1) * single);
  }
}

TEST_F(PolicyRunTest, DrawnRunsReplayAlikeAndCountTheirTokens) {
  ShapeRun run = WithOutline(3);
  run.drafts = SomeDrafts();
  run.heads = "synthetic:5:own:q4_0";
  for (const std::string strategy : {"jupiter", "local", "megatron"}) {
    SCOPED_TRACE(strategy);
    const auto record = RecordShapes(run, strategy);
    RecordStore others(transport_);
    SessionOptions options;
    options.plan.strategy = strategy;
    options.plan.wire = DType::kF16;
    SizeFor(options, run);
    const auto again = others.RecordOf(kModel, *checkpoint_, options, plan_, run);
    if (!is_source()) continue;
    const Testbed testbed = Bed("a", 100e6);
    const PolicyTimes times = Replayed(run, *record, testbed);
    const PolicyTimes same = Replayed(run, *again, testbed);
    EXPECT_EQ(times.stamps, same.stamps);
    EXPECT_GT(times.skeleton, 0);
    EXPECT_GT(times.ttft, times.skeleton);
    EXPECT_GT(times.e2e, times.ttft);
    std::int64_t tokens = 0;  // of the last set
    for (const Event& event : record->ranks.front().events) {
      const auto* mark = std::get_if<MarkEvent>(&event);
      if (mark != nullptr && mark->kind == MarkKind::kEnd) tokens = mark->index;
    }
    EXPECT_EQ(tokens, 3 * 9);
  }
}

TEST_F(PolicyRunTest, LockstepStrategiesBatchTheirPoints) {
  const ShapeRun run = PointsOf(5, 6);
  const auto record = RecordShapes(run, "megatron");
  if (!is_source()) return;
  const RoundFacts round = Replayed(run, *record, Bed("a", 1000e6)).round;
  EXPECT_DOUBLE_EQ(round.items, 5);
}

TEST(ShapeRunTest, SizesOfASession) {
  ShapeRun run = WithOutline(3);
  EXPECT_EQ(PromptLengths(run), (std::vector<int>{14, 40, 64, 78}));
  EXPECT_EQ(MostRequests(run), 3);
  EXPECT_EQ(HeldPositions(run), 64 + 3 * (14 + 9));
  run.drafts = SomeDrafts();
  EXPECT_EQ(HeldPositions(run), 64 + 3 * (14 + 9 + 7));
  SessionOptions options;
  SizeFor(options, run);
  EXPECT_EQ(options.prompt_tokens, 78);
  EXPECT_EQ(options.step_rows, 8);
  EXPECT_EQ(options.max_tokens, 9);
}

}  // namespace
}  // namespace jupiter

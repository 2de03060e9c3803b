// Bounds are below every plan, and reached where they can be.
#include "planning/bounds/cell_bound.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "planning/bounds/layer_split.h"
#include "planning/cost/predict.h"
#include "planning/planners/planners.h"
#include "tests/planning/bounds/bound_cases.h"

namespace jupiter {
namespace {

constexpr double kRounding = 1e-9;  // relative

BoundInputs InputsOf(const PlanningTask& task) {
  return {.shape = task.shape,
          .cluster = task.cluster,
          .wire = task.wire,
          .residual = task.residual,
          .drafts = task.drafts};
}

PlanningTask TaskOf(const ModelShape& shape, const Cluster& cluster, int prompt, int tokens) {
  return {.shape = shape,
          .cluster = cluster,
          .prompt_tokens = prompt,
          .tokens = tokens,
          .wire = DType::kF16,
          .min_slice = 1};
}

Plan PipelineOf(std::vector<int> layers, std::vector<int> slices) {
  Plan plan;
  plan.strategy = "jupiter";
  plan.wire = DType::kF16;
  plan.layers = std::move(layers);
  plan.slices = {.kind = SlicePolicy::Kind::kLengths, .lengths = std::move(slices), .table = {}};
  return plan;
}

TEST(CellBoundTest, IsWhatOneDeviceTakes) {
  for (const bool mixed : {false, true}) {
    const ModelShape shape = SmallShape(5, mixed);
    for (const Speeds& speeds :
         {Speeds{}, Speeds{4e9, 2e8, 5e8, 1e-4}, Speeds{1e8, 1e10, 1e10, 0}}) {
      const Cluster cluster = ClusterOf({DeviceOf("one", speeds, 1 << 30)}, {});
      const PlanningTask task = TaskOf(shape, cluster, 37, 9);
      const Prediction p = Predictor(task).Predict(PipelineOf({5}, {37}));
      ASSERT_TRUE(p.feasible) << p.reason;
      const CellBound bound(InputsOf(task));
      EXPECT_NEAR(bound.Seconds(PlainWork(37, 9)), p.e2el, kRounding * p.e2el);
      EXPECT_NEAR(bound.Prefill({.prompt = 37}), p.ttft, kRounding * p.ttft);
    }
  }
}

// Layers for each device at random, adding up.
std::vector<int> RandomParts(Dice& dice, int total, int parts) {
  std::vector<int> all(static_cast<std::size_t>(parts), 0);
  for (int i = 0; i < total; ++i) ++all[static_cast<std::size_t>(dice.Roll(parts))];
  return all;
}

TEST(CellBoundTest, NoPipelineIsFaster) {
  Dice dice(1);
  int judged = 0, short_of_memory = 0, some_hold_it = 0;
  double tightest = std::numeric_limits<double>::infinity();
  for (int round = 0; round < 400; ++round) {
    const ModelShape shape = SmallShape(4, dice.Roll(2) == 0);
    const int devices = 1 + dice.Roll(4);
    const Cluster cluster = RandomCluster(dice, devices, shape);
    const int prompt = 1 + dice.Roll(48);
    const PlanningTask task = TaskOf(shape, cluster, prompt, 1 + dice.Roll(6));
    const CellBound bound(InputsOf(task));
    const double least = bound.Seconds(PlainWork(prompt, task.tokens));
    const double first = bound.Prefill({.prompt = prompt});
    const Predictor predictor(task);
    for (int plans = 0; plans < 12; ++plans) {
      std::vector<int> slices = RandomParts(dice, prompt, 1 + dice.Roll(4));
      slices.erase(std::remove(slices.begin(), slices.end(), 0), slices.end());
      Plan plan = PipelineOf(RandomParts(dice, 4, devices), slices);
      const Prediction p = predictor.Predict(plan);
      if (!p.feasible) continue;
      ++judged;
      const auto holds = [&](const ClusterDevice& device) {
        return device.profile.usable_memory.value > static_cast<double>(WeightsOf(shape));
      };
      const auto holders = std::count_if(cluster.devices.begin(), cluster.devices.end(), holds);
      short_of_memory += holders == 0;
      some_hold_it += holders > 0 && holders < devices;
      EXPECT_GE(p.e2el, least * (1 - kRounding)) << round;
      EXPECT_GE(p.ttft, first * (1 - kRounding)) << round;
      tightest = std::min(tightest, p.e2el / least);
    }
  }
  EXPECT_GT(judged, 1000);
  EXPECT_GT(short_of_memory, 50);
  EXPECT_GT(some_hold_it, 200);
  EXPECT_LT(tightest, 1 + kRounding);  // some plan is on one device alone
}

TEST(CellBoundTest, NoShippedPlannerIsFaster) {
  const ModelShape shape = SmallShape(8, true);
  for (const char* name : {"env-a", "env-b", "orin-pi", "mixed-8"}) {
    const Cluster cluster = LoadCluster(std::string(JUPITER_CLUSTERS) + "/" + name + ".yaml");
    const PlanningTask task = TaskOf(shape, cluster, 200, 9);
    const double least = CellBound(InputsOf(task)).Seconds(PlainWork(200, 9));
    const Predictor predictor(task);
    for (const PlannerEntry& entry : Planners()) {
      const PlannedRun run = entry.make(predictor);
      if (!run.prediction) continue;
      EXPECT_GE(run.prediction->e2el, least * (1 - kRounding)) << entry.name;
    }
  }
}

// Alike devices need the n-th part of one's time to process rows.
TEST(ThroughputTest, OfAlikeDevicesIsTheirPart) {
  const ModelShape shape = SmallShape(3, true);
  const ClusterDevice device = DeviceOf("one", {2e9, 3e8, 1e9, 1e-5}, 1 << 30);
  const auto least = [&](int count) {
    const BoundDevices devices(
        ClusterOf(std::vector<ClusterDevice>(static_cast<std::size_t>(count), device), {}));
    return Throughput(shape, devices.all(), DType::kF32, {}).LeastSeconds(RowsOf({50, 10}));
  };
  EXPECT_NEAR(least(4), least(1) / 4, kRounding * least(1));
}

// Devices whose rates are all twice as high: two thirds and one third of the work.
TEST(ThroughputTest, OfProportionalDevicesIsBruteForce) {
  const ModelShape shape = SmallShape(3, false);
  const Cluster cluster = ClusterOf({DeviceOf("slow", {1e9, 1e9, 1e9, 2e-5}, 1 << 30),
                                     DeviceOf("fast", {2e9, 2e9, 2e9, 1e-5}, 1 << 30)},
                                    {});
  const BoundDevices devices(cluster);
  const RowsWork work{.rows = 60, .context = 60 * 61 / 2};
  const auto least = [&](const std::vector<BoundDevice>& some) {
    return Throughput(shape, some, DType::kF32, {}).LeastSeconds(work);
  };
  const double slow = least({devices[0]});
  const double fast = least({devices[1]});
  double best = slow;
  for (int part = 0; part <= 3000; ++part) {
    best = std::min(best, std::max(slow * part / 3000, fast * (3000 - part) / 3000));
  }
  EXPECT_NEAR(least(devices.all()), best, 1e-3 * best);
}

// What device `device` takes for heads and columns of layer 0.
double ShareSeconds(const ModelShape& shape, const BoundDevice& device, int heads, int columns) {
  const ShareWidths widths = WidthsOf(shape.config, heads, columns);
  double seconds = 0;
  if (heads > 0) {
    seconds += device.Seconds(ProjectionOps(shape, 0, 3, widths)) +
               device.Seconds({AttentionOp(shape, 3, 30, widths)});
  }
  return seconds + (columns > 0 ? device.Seconds(MlpOps(shape, 0, 3, widths)) : 0);
}

TEST(LeastSplitTest, IsBelowEveryShareAndReachedByEvenOnes) {
  const ModelShape shape = SmallShape(1, false);
  Dice dice(2);
  for (int round = 0; round < 50; ++round) {
    const Cluster cluster = RandomCluster(dice, 2, shape);
    const BoundDevices devices(cluster);
    const double least = LeastSplitSeconds(shape, devices.all(), 0, 3, 30).at(0);
    double best = std::numeric_limits<double>::infinity();
    for (int heads = 0; heads <= 4; ++heads) {
      for (int columns = 0; columns <= 512; columns += 32) {
        best = std::min(best, std::max(ShareSeconds(shape, devices[0], heads, columns),
                                       ShareSeconds(shape, devices[1], 4 - heads, 512 - columns)));
      }
    }
    EXPECT_LE(least, best * (1 + kRounding)) << round;
    // Two that are alike could gain by one of them having no heads, but cannot both.
    if (!devices[0].SameAs(devices[1])) continue;
    EXPECT_GE(least, 0.9 * best) << round;
  }
}

// Without a device that holds the model, and with links that make a second message senseless: the
// best of all ways to lay out the layers, one of them split or none.
TEST(CellBoundTest, OfOneRowIsBruteForceWhereMemoryIsShort) {
  const ModelShape shape = SmallShape(4, false);
  const std::int64_t layer = LayerBytes(shape, 0);
  Link link;
  link.bandwidth = 1e12;
  link.latency = 10;
  const std::vector<int> room = {1, 3, 2};
  std::vector<ClusterDevice> devices;
  for (int i = 0; i < 3; ++i) {
    devices.push_back(DeviceOf(std::to_string(i), {1e9 * (1 + i), 1e9 * (1 + i), 1e8 * (1 + i), 0},
                               room[static_cast<std::size_t>(i)] * layer + layer / 2));
  }
  const Cluster cluster = ClusterOf(devices, link);
  const BoundDevices times(cluster);
  const CellBound bound({.shape = shape, .cluster = cluster, .wire = DType::kF16});
  const auto laid_out = [&](int layers) {
    double best = std::numeric_limits<double>::infinity();
    for (int a = 0; a <= room[0]; ++a) {
      for (int b = 0; b <= room[1] && a + b <= layers; ++b) {
        const std::vector<int> counts = {a, b, layers - a - b};
        if (counts[2] > room[2]) continue;
        double seconds = 0;
        for (int i = 0; i < 3; ++i) {
          seconds += counts[static_cast<std::size_t>(i)] *
                     LayerSeconds(shape, times[i], DType::kF32, 0, {1, 20});
        }
        best = std::min(best, seconds);
      }
    }
    return best;
  };
  const std::vector<double> splits = LeastSplitSeconds(shape, times.all(), 0, 1, 1);
  const double split = *std::min_element(splits.begin(), splits.end());
  const double best = 10 + std::min(laid_out(4), laid_out(3) + split) +
                      times[2].Seconds(EmbedOps(shape, 1)) + times[2].Seconds(HeadOps(shape, 1));
  const double step =
      bound.Seconds({{0, {{.prompt = 20, .steps = {{1, 20, 1}}}}}}) - bound.Prefill({.prompt = 20});
  // A message's bytes take no time that counts here.
  EXPECT_NEAR(step, best, 1e-6 * best);
}

// A fast device that holds three layers of four, and a slow one that holds all: three on the fast
// one and a message may be sooner than all on the slow one, or split layers with exchanges.
TEST(CellBoundTest, FastDevicesCountThoughTheyDoNotHoldTheModel) {
  const ModelShape shape = SmallShape(4, false);
  const std::int64_t layer = LayerBytes(shape, 0);
  Link link;
  link.bandwidth = 1e12;
  const auto seconds = [&](double latency) {
    link.latency = latency;
    const Cluster cluster = ClusterOf({DeviceOf("fast", {1e9, 1e9, 1e8, 0}, 3 * layer + layer / 2),
                                       DeviceOf("slow", {1e8, 1e8, 1e7, 0}, 1 << 30)},
                                      link);
    const BoundDevices times(cluster);
    const CellBound bound({.shape = shape, .cluster = cluster, .wire = DType::kF16});
    const double step = bound.Seconds({{0, {{.prompt = 20, .steps = {{1, 20, 1}}}}}}) -
                        bound.Prefill({.prompt = 20});
    const double fast = LayerSeconds(shape, times[0], DType::kF32, 0, {1, 20});
    const double slow = LayerSeconds(shape, times[1], DType::kF32, 0, {1, 20});
    const double ends = times[0].Seconds(EmbedOps(shape, 1)) + times[0].Seconds(HeadOps(shape, 1));
    return std::pair{step - ends, 3 * fast + slow};
  };
  const auto [free, mixed] = seconds(0);
  EXPECT_LE(free, mixed);
  const auto [dear, same] = seconds(1000);
  EXPECT_EQ(mixed, same);
  EXPECT_LE(dear, mixed);  // a hop is not counted where one device could have held all
}

// Requests side by side share passes, and a set is never done before its slowest request.
TEST(CellBoundTest, OfASetIsWorkOrTheSlowestRequest) {
  const ModelShape shape = SmallShape(4, false);
  const Cluster cluster = ClusterOf({DeviceOf("one", {1e10, 1e10, 1e8, 0}, 1 << 30)}, {});
  const CellBound bound({.shape = shape, .cluster = cluster});
  RequestWork request{.before = 10, .prompt = 4};
  for (int step = 0; step < 8; ++step) request.steps.push_back({1, 14 + step, 1});
  const double one = bound.Seconds({{10, {request}}});
  const double two = bound.Seconds({{10, {request, request}}});
  EXPECT_GE(two, one);
  EXPECT_LT(two, 1.2 * one);  // bound by weights, which both share
  request.runs_ahead = true;
  EXPECT_LT(bound.Seconds({{10, {request}}}), one);
  // Two wrong guesses, one of them with another step in flight behind it.
  for (int step : {2, 3, 6}) request.steps[static_cast<std::size_t>(step)].tokens = 0;
  const double prompt = bound.Prefill(request);
  const double way = (one - prompt) / 8;
  EXPECT_NEAR(StepsSeconds(request, [](const StepWork&) { return 1.0; }), 2, 1e-12);
  EXPECT_GE(bound.Seconds({{10, {request}}}), prompt + 1.99 * way);
  EXPECT_LT(bound.Seconds({{10, {request}}}), prompt + 8 * way);
}

}  // namespace
}  // namespace jupiter

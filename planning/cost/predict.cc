#include "planning/cost/predict.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "kernels/base/check.h"
#include "planning/cost/expected_bytes.h"
#include "planning/partition/best_slicing.h"
#include "planning/partition/sequence_partition.h"
#include "planning/plan/slices.h"
#include "planning/testbed/op_costs.h"
#include "planning/testbed/profile_write.h"
#include "planning/text/units.h"

namespace jupiter {

namespace {

struct Prefill {
  std::vector<std::vector<double>> begins;  // [slice][device stage]
  std::vector<std::vector<double>> ends;    // [slice][device stage]
  double busy = 0;                          // of all device stages
};

PipelineTimes StageTimesOf(const PipelineCosts& costs, const std::vector<int>& slices) {
  PipelineTimes times;
  times.delay.assign(2 * costs.stages() - 1, 0);
  for (std::size_t stage = 0; stage + 1 < costs.stages(); ++stage) {
    times.delay[2 * stage + 2] = costs.Latency(stage);
  }
  std::int64_t before = 0;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const bool last = i + 1 == slices.size();
    const PipelineBatch batch{{slices[i], before}, i == 0, last ? 1 : 0};
    std::vector<double>& row = times.seconds.emplace_back();
    for (std::size_t stage = 0; stage < costs.stages(); ++stage) {
      row.push_back(costs.Device(stage, batch));
      if (stage + 1 < costs.stages()) row.push_back(costs.Wire(stage, batch));
    }
    before += slices[i];
  }
  return times;
}

Prefill RunPrefill(const PipelineCosts& costs, const std::vector<int>& slices) {
  const PipelineTimes times = StageTimesOf(costs, slices);
  const std::vector<std::vector<double>> ends = Completions(times);
  Prefill prefill;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    std::vector<double>& end = prefill.ends.emplace_back();
    std::vector<double>& begin = prefill.begins.emplace_back();
    for (std::size_t stage = 0; stage < costs.stages(); ++stage) {
      end.push_back(ends[i][2 * stage]);
      begin.push_back(end.back() - times.seconds[i][2 * stage]);
      prefill.busy += times.seconds[i][2 * stage];
    }
  }
  return prefill;
}

double DecodeStep(const PipelineCosts& costs, const RowBlock& block) {
  const PipelineBatch batch{block, false, block.rows};
  double seconds = costs.TokenReturn();
  for (std::size_t stage = 0; stage < costs.stages(); ++stage) {
    seconds += costs.Device(stage, batch);
    if (stage + 1 < costs.stages()) seconds += costs.Wire(stage, batch) + costs.Latency(stage);
  }
  return seconds;
}

}  // namespace

PlanningTask OnCluster(const PlanningTask& task, const Cluster& cluster) {
  return {.shape = task.shape,
          .cluster = cluster,
          .prompt_tokens = task.prompt_tokens,
          .tokens = task.tokens,
          .wire = task.wire,
          .residual = task.residual,
          .min_slice = task.min_slice,
          .drafts = task.drafts,
          .any_order = task.any_order,
          .all_positions = task.all_positions};
}

Predictor::Predictor(const PlanningTask& task) : task_(task) {
  std::map<std::string, std::shared_ptr<const OpCosts>> known;  // by the profile's text
  for (const ClusterDevice& device : task.cluster.devices) {
    std::shared_ptr<const OpCosts> costs = device.costs;
    if (costs == nullptr) {
      std::shared_ptr<const OpCosts>& of_profile = known[ToYaml(device.profile)];
      if (of_profile == nullptr) of_profile = OpCostsOf(device);
      costs = of_profile;
    }
    costs_.push_back(costs);
    timers_.emplace_back(task.shape, *costs, task.residual, SpeedOf(device));
  }
}

double PredictTtft(const PipelineCosts& costs, const std::vector<int>& slices) {
  return Completions(StageTimesOf(costs, slices)).back().back() + costs.TokenReturn();
}

PlanCheck Predictor::Check(const Plan& plan) const {
  PlanCheck check;
  check.slices =
      CutPrompt(plan.slices, task_.prompt_tokens, static_cast<int>(PipelineRanks(plan).size()));
  const int largest = *std::max_element(check.slices.begin(), check.slices.end());
  const RequestShape request = task_.Request(largest);
  for (int rank = 0; rank < task_.cluster.size(); ++rank) {
    DeviceMemory memory;
    memory.need = NeedOf(task_.shape, plan, request, rank);
    const DeviceProfile& profile = task_.cluster.devices[static_cast<std::size_t>(rank)].profile;
    memory.budget = static_cast<std::int64_t>(profile.usable_memory.value);
    memory.fit = FitOf(memory.need.total(), memory.budget);
    check.memory.push_back(memory);
  }
  check.reason = ShortageLine(task_, check.memory);
  check.feasible = check.reason.empty();
  check.obstacle = check.feasible ? Obstacle::kNone : Obstacle::kMemory;
  return check;
}

void Predictor::FillTraffic(const Plan& plan, Prediction& prediction) const {
  const std::vector<int>& ranks = prediction.ranks;
  const std::int64_t hidden = task_.shape.config.hidden;
  for (std::size_t stage = 1; stage < ranks.size(); ++stage) {
    LinkTraffic traffic{ranks[stage - 1], ranks[stage], 0, 0};
    for (std::size_t i = 0; i < prediction.slices.size(); ++i) {
      const bool last = i + 1 == prediction.slices.size();
      traffic.prefill_bytes +=
          HiddenMessage(prediction.slices[i], hidden, plan.wire, i == 0, last ? 1 : 0).total();
    }
    traffic.bytes_per_token = HiddenMessage(1, hidden, plan.wire, false, 1).total();
    prediction.links.push_back(traffic);
  }
  if (ranks.size() > 1) {
    const std::int64_t bytes = TokenMessage().total();
    prediction.links.push_back({ranks.back(), ranks.front(), bytes, bytes});
  }
}

Prediction Predictor::Predict(const Plan& plan) const {
  JUPITER_CHECK(!IsShared(plan), "{} is no pipeline", plan.strategy);
  Prediction prediction;
  static_cast<PlanCheck&>(prediction) = Check(plan);
  prediction.ranks = PipelineRanks(plan);
  const auto stages = static_cast<int>(prediction.ranks.size());
  FillTraffic(plan, prediction);
  const PipelineCosts costs = CostsOf(plan);
  const Prefill prefill = RunPrefill(costs, prediction.slices);
  prediction.ttft = prefill.ends.back().back() + costs.TokenReturn();
  prediction.bubble = 1 - prefill.busy / (stages * prefill.ends.back().back());
  for (std::size_t stage = 0; stage < prediction.ranks.size(); ++stage) {
    std::vector<SliceSpan>& spans = prediction.timeline.emplace_back();
    for (std::size_t i = 0; i < prediction.slices.size(); ++i) {
      spans.push_back({static_cast<int>(i), prefill.begins[i][stage], prefill.ends[i][stage]});
    }
  }
  FillDecode(costs, prediction);
  prediction.notes = PredictionNotes(task_.cluster);
  return prediction;
}

void Predictor::FillDecode(const PipelineCosts& costs, Prediction& prediction) const {
  double decode = 0;
  for (int step = 0; step + 1 < task_.tokens; ++step) {
    decode += DecodeStep(costs, {1, task_.prompt_tokens + step});
  }
  if (task_.tokens > 1) prediction.tpot = decode / (task_.tokens - 1);
  prediction.e2el = prediction.ttft + decode;
  if (!task_.drafts.any()) return;
  prediction.verification = Verification(costs, task_.drafts.tree_rows);
}

double Predictor::Step(const PipelineCosts& costs, int rows) const {
  return DecodeStep(costs, {rows, task_.prompt_tokens + task_.tokens / 2});
}

double Predictor::Verification(const PipelineCosts& costs, int rows) const {
  return Step(costs, rows) + timer(costs.ranks().back()).Drafts(task_.drafts);
}

std::string Shortage(const std::string& device, const DeviceMemory& memory,
                     const ModelShape& shape) {
  return fmt::format("{} is {} short: it needs {}, its budget is {}; {}", device,
                     FormatBytes(memory.need.total() - memory.budget),
                     FormatBytes(memory.need.total()), FormatBytes(memory.budget),
                     MemoryHelp(shape));
}

std::string ShortageLine(const PlanningTask& task, const std::vector<DeviceMemory>& memory) {
  for (std::size_t rank = 0; rank < memory.size(); ++rank) {
    if (memory[rank].fit != Fit::kOutOfMemory) continue;
    return Shortage(fmt::format("{} (rank {})", task.cluster.devices[rank].name, rank),
                    memory[rank], task.shape);
  }
  return {};
}

std::vector<std::string> PredictionNotes(const Cluster& cluster) {
  std::vector<std::string> links;
  std::vector<std::string> devices;
  for (std::size_t from = 0; from < cluster.devices.size(); ++from) {
    const std::string& name = cluster.devices[from].name;
    if (!cluster.devices[from].speed.constant()) devices.push_back(name);
    for (std::size_t to = 0; to < cluster.devices.size(); ++to) {
      if (from == to || cluster.links[from][to].trace.constant()) continue;
      links.push_back(fmt::format("{} to {}", name, cluster.devices[to].name));
    }
  }
  std::vector<std::string> notes;
  if (!links.empty()) {
    notes.push_back(fmt::format(
        "predicted for constant bandwidth, as at the start of the traces of {} links (the first: "
        "{}); a replay follows the traces",
        links.size(), links.front()));
  }
  if (!devices.empty()) {
    notes.push_back(fmt::format(
        "predicted for constant speed, as at the start of the speed traces of {}; a replay follows "
        "the traces",
        fmt::join(devices, ", ")));
  }
  if (cluster.shared_medium) {
    notes.push_back(
        "predicted as if messages of different senders did not meet on the shared medium; a replay "
        "lets them wait");
  }
  return notes;
}

}  // namespace jupiter

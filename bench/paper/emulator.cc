#include "bench/paper/emulator.h"

#include <algorithm>

#include "bench/emulated_profile.h"
#include "bench/paper/systems.h"
#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "kernels/base/rng.h"
#include "model/weights.h"
#include "parallel/together.h"

namespace jupiter {
namespace {

constexpr double kMilli = 1e3;

std::int64_t SentBytes(const RunRecord& record) {
  std::int64_t bytes = 0;
  for (const RankRecord& rank : record.ranks) {
    for (const Event& event : rank.events) {
      if (const auto* send = std::get_if<SendEvent>(&event)) {
        bytes += send->payload_bytes + send->header_bytes;
      }
    }
  }
  return bytes;
}

std::vector<RankResult> RanksOf(const RecordedCase& recorded, const Replay& replay) {
  const std::vector<DeviceMemory>& memory = recorded.check->memory;
  std::vector<RankResult> ranks;
  for (std::size_t i = 0; i < replay.ranks.size(); ++i) {
    const RankReplay& from = replay.ranks[i];
    // A single device is checked alone.
    const MemoryNeed need = i < memory.size() ? memory[i].need : MemoryNeed{};
    ranks.push_back({from.compute_seconds * kMilli, from.egress_seconds * kMilli,
                     from.ingress_seconds * kMilli, from.wait_seconds * kMilli, need.weights,
                     need.kv, need.activations, need.drafts, need.buffers});
  }
  return ranks;
}

std::vector<double> StampsOf(const Replay& replay) {
  std::vector<double> stamps;
  for (const MarkTime& mark : replay.ranks.front().marks) {
    if (mark.kind == MarkKind::kFirstToken || mark.kind == MarkKind::kToken) {
      stamps.push_back(mark.time);
    }
  }
  return stamps;
}

void TakeTimes(const RecordedCase& recorded, const Replay& replay, ResultRow& row) {
  const RequestMetrics metrics = MetricsOf(recorded, replay);
  row.e2e_s = row.e2e_p50_s = row.e2e_p90_s = metrics.e2el;
  row.ttft_s = metrics.ttft;
  row.prefill_ms_per_token = metrics.ttft * kMilli / row.prompt_tokens;
  row.decode_ms_per_token = metrics.tpot * kMilli;
  row.bytes_total = SentBytes(*recorded.record);
  row.messages = Messages(*recorded.record);
  row.bubble = Bubble(replay, recorded.plan);
  row.per_rank = RanksOf(recorded, replay);
}

}  // namespace

PaperEmulator::PaperEmulator(Transport& transport, const PaperExperiment& experiment,
                             const std::vector<PaperCell>& cells)
    : transport_(transport), experiment_(experiment), records_(transport) {
  for (const auto& [env, path] : experiment.environments) {
    clusters_.emplace(env, ShareCluster(transport, path));
  }
  for (const PaperCell& cell : cells) {
    if (profiles_.count(cell.profile) > 0) continue;
    profiles_.emplace(cell.profile, *ShareProfile(transport, cell.profile));
  }
  Together(transport, [&] {
    for (const auto& [name, path] : experiment.models) {
      Model& model = models_[name];
      model.path = path;
      model.checkpoint = OpenCheckpoint(path);
      model.shape =
          std::make_unique<ModelShape>(ShapeOf(*model.checkpoint, std::nullopt, experiment.kv));
    }
  });
}

std::string PaperEmulator::Settings() const {
  std::string text;
  for (const auto& [name, cluster] : clusters_) text += name + "\n" + ToYaml(cluster);
  for (const auto& [name, profile] : profiles_) text += name + "\n" + ToYaml(profile);
  for (const auto& [name, model] : models_) text += name + " " + model.path + "\n";
  return fmt::format(R"({{"suite": "{}", "schema_version": {}, "ranks": {}, "prompt_tokens": {}, )"
                     R"("gen_tokens": {}, "wire": "{}", "kv": "{}", "inputs": "{:016x}"}})",
                     experiment_.name, kResultSchemaVersion, transport_.size(),
                     experiment_.prompt_tokens, experiment_.generated_tokens,
                     Name(experiment_.wire), Name(experiment_.kv), HashBytes(text));
}

SessionOptions PaperEmulator::OptionsFor(const PaperCell& cell) const {
  SessionOptions options;
  options.strategy = FindSystem(cell.system).strategy;
  options.wire = experiment_.wire;
  options.kv = experiment_.kv;
  options.prompt_tokens = experiment_.prompt_tokens;
  options.max_tokens = experiment_.generated_tokens;
  return options;
}

Cluster PaperEmulator::ClusterFor(const PaperCell& cell) const {
  const Cluster& cluster = clusters_.at(cell.env);
  return AtBandwidth(Apply(profiles_.at(cell.profile), cluster), cell.bandwidth);
}

RecordedCase PaperEmulator::Record(const PaperCell& cell, double& planner_seconds) {
  const Model& model = models_.at(cell.model);
  const TestbedProfile& profile = profiles_.at(cell.profile);
  const SessionOptions options = OptionsFor(cell);
  Cluster cluster = ClusterFor(cell);
  const double start = Now();
  PlannedRun run;
  Together(transport_, [&] {
    const Predictor predictor(TaskFor(*model.shape, cluster, options));
    run = PlanSystem(FindSystem(cell.system), predictor, profile, cell.env);
  });
  planner_seconds = Now() - start;
  const EmulatedCase which{options.strategy, experiment_.prompt_tokens,
                           experiment_.generated_tokens, cell.bandwidth};
  return RecordRun({transport_, records_, model.path, *model.checkpoint, &profile}, which, run,
                   std::move(cluster), options);
}

ResultRow PaperEmulator::Describe(const PaperCell& cell, const RecordedCase& recorded) const {
  const TestbedProfile& profile = profiles_.at(cell.profile);
  ResultRow row;
  row.name = CellName(cell);
  row.suite = experiment_.name;
  row.clock = "virtual";
  row.profile = cell.profile;
  row.devices = profile.devices.name;
  row.links = profile.links.name;
  row.collectives = profile.collectives.name;
  row.decoding = profile.decoding.name;
  row.env = cell.env;
  row.bandwidth_mbps = cell.bandwidth / 1e6;
  row.model = cell.model;
  row.system = cell.system;
  row.wire = Name(experiment_.wire);
  row.ranks = transport_.size();
  row.prompt_tokens = experiment_.prompt_tokens;
  row.gen_tokens = experiment_.generated_tokens;
  row.valid = "not_checked";
  const StepShape step = StepOf(profile, models_.at(cell.model).checkpoint->config().name);
  row.rows = step.rows;
  row.tokens_per_step = step.tokens;
  row.reason = recorded.missing;
  return row;
}

PaperResult PaperEmulator::Run(const PaperCell& cell) {
  PaperResult result;
  const RecordedCase recorded = Record(cell, result.planner_seconds);
  if (transport_.rank() != 0) return result;
  ResultRow& row = result.row = Describe(cell, recorded);
  if (!recorded.missing.empty()) {
    row.oom = recorded.obstacle == Obstacle::kMemory || recorded.obstacle == Obstacle::kCannotCut;
    return result;
  }
  result.plan = ToJson(recorded.plan);
  row.plan_hash = fmt::format("{:016x}", HashBytes(result.plan));
  row.note = ShowSplit(recorded.plan);
  if (cell.system == "local") {
    const auto device = static_cast<std::size_t>(recorded.source_device);
    row.note = fmt::format("on {}", recorded.cluster.devices[device].name);
  }
  const Replay replay = Simulate(*recorded.record, TestbedOf(recorded), {.spans = true});
  TakeTimes(recorded, replay, row);
  result.stamps = StampsOf(replay);
  return result;
}

}  // namespace jupiter

// Replays a recorded run on a described testbed; needs no MPI.
//
//   jupiter_replay --record run.jsonl --cluster experiments/clusters/env-a.yaml
//   jupiter_replay --record run.jsonl --cluster experiments/clusters/env-a.yaml --profile ring-f16
#include <cstdio>
#include <optional>
#include <variant>

#include "bench/emulate/emulated_case.h"
#include "bench/emulate/emulated_profile.h"
#include "bench/emulate/run_description.h"
#include "bench/flags/bandwidth_flag.h"
#include "bench/flags/flag_set.h"
#include "bench/flags/tool.h"
#include "bench/report/explanation.h"
#include "bench/report/timeline.h"
#include "kernels/base/check.h"
#include "planning/record/record_marks.h"
#include "planning/record/record_parse.h"
#include "planning/replay/measured_costs.h"
#include "planning/replay/testbed.h"
#include "planning/replay/testbed_profile_mix.h"

namespace jupiter {
namespace {

struct ReplayFlags {
  std::string record;
  std::string cluster;
  std::string bandwidth;  // Mbit/s
  std::string profile;
  std::string model;     // in place of the record's
  std::string strategy;  // of a record that does not say it
  bool measured = false;
  bool timeline = false;
  bool explain = false;
};

ReplayFlags ParseReplayFlags(int argc, const char* const* argv) {
  ReplayFlags flags;
  const auto has_profile = [&flags] { return !flags.profile.empty(); };
  constexpr const char* kOfProfile = "is for --profile";
  FlagSet set("jupiter_replay", "Replays a recorded run on a described testbed.");
  set.Add("--record", flags.record, "file of jupiter_bench --save-records or jupiter_run --record")
      .Required();
  set.Add("--cluster", flags.cluster, "cluster file or shipped name, a device per rank").Required();
  AddBandwidthFlag(set, flags.bandwidth, "Mbit/s of every link");
  set.Add("--profile", flags.profile,
          "devices, links, collectives and decoding of this profile (file, shipped name, or "
          "NAME,links=NAME,...; see experiments/profiles) in place of the cluster's");
  set.Add("--model", flags.model,
          "with --profile: the model's name there, where it is not the record's")
      .ActsIf(has_profile, kOfProfile);
  set.Add("--strategy", flags.strategy, "with --profile: of a record that does not say it")
      .ActsIf(has_profile, kOfProfile);
  set.AddSwitch("--measured", flags.measured,
                "take the times of ops from the record of a real run, only the network from the "
                "cluster");
  set.AddSwitch("--timeline", flags.timeline, "draw who was busy when").ChangesNoNumber();
  set.AddSwitch("--explain", flags.explain, "where the time went, and what would shorten it")
      .ChangesNoNumber();
  set.Parse(argc, argv);
  return flags;
}

std::string ShowReplayedRanks(const Replay& replay, const Cluster& cluster) {
  std::string text = fmt::format("{:>4} {:<18} {:>12} {:>10} {:>10} {:>12} {:>12} {:>14} {:>9}\n",
                                 "rank", "device", "compute ms", "host ms", "wait ms", "egress ms",
                                 "ingress ms", "bytes sent", "messages");
  for (std::size_t rank = 0; rank < replay.ranks.size(); ++rank) {
    const RankReplay& r = replay.ranks[rank];
    text +=
        fmt::format("{:>4} {:<18} {:>12.3f} {:>10.3f} {:>10.3f} {:>12.3f} {:>12.3f} {:>14} {:>9}\n",
                    rank, cluster.devices[rank].name, r.compute_seconds * 1e3, r.host_seconds * 1e3,
                    r.wait_seconds * 1e3, r.egress_seconds * 1e3, r.ingress_seconds * 1e3,
                    r.bytes_sent, r.messages_sent);
  }
  return text;
}

std::string ShowReplay(const Replay& replay, const Cluster& cluster) {
  std::vector<TimelineRow> rows;
  for (std::size_t rank = 0; rank < replay.ranks.size(); ++rank) {
    TimelineRow row{cluster.devices[rank].name, {}};
    for (const Activity& span : replay.ranks[rank].activities) {
      if (span.kind == Activity::Kind::kWait) continue;
      row.spans.push_back(
          {span.begin, span.end, span.kind == Activity::Kind::kCompute ? '#' : '+'});
    }
    rows.push_back(std::move(row));
  }
  return "# computes, + sends or receives:\n" + DrawTimeline(rows, replay.end, 80);
}

void CheckHasTimes(const RunRecord& record, const std::string& path) {
  for (const RankRecord& rank : record.ranks) {
    for (const Event& event : rank.events) {
      const auto* op = std::get_if<OpEvent>(&event);
      if (op != nullptr && op->op.seconds > 0) return;
    }
  }
  FailUser("{}: has no measured times for --measured; record a real run with jupiter_run --record",
           path);
}

std::string StrategyOf(const ReplayFlags& flags, const std::optional<RunDescription>& run) {
  if (!run && flags.strategy.empty()) {
    FailUser("{}: does not say of which strategy it is; give --strategy NAME", flags.record);
  }
  const std::string strategy = run ? run->plan.strategy : flags.strategy;
  FindStrategy(strategy);
  if (!flags.strategy.empty() && flags.strategy != strategy) {
    FailUser("--strategy {}: {} is of {}; leave the flag out", flags.strategy, flags.record,
             strategy);
  }
  return strategy;
}

std::string ModelOf(const ReplayFlags& flags, const std::optional<RunDescription>& run) {
  if (!flags.model.empty()) return flags.model;
  if (run) return run->model;
  FailUser("{}: does not say of which model it is; give --model NAME, as the profile has it",
           flags.record);
}

// The record as it is must be what the profile would have recorded.
void CheckOverlap(const ReplayFlags& flags, const TestbedProfile& profile, const Plan& plan) {
  const bool overlap = profile.collectives.galaxy_overlap;
  if (!FindTraits(plan.strategy).overlaps || plan.overlap == overlap) return;
  FailUser(
      "{}: recorded {} overlap, the collectives {} are {}; record it again{}, or take the "
      "collectives of another profile",
      flags.record, plan.overlap ? "with" : "without", profile.collectives.name,
      overlap ? "with" : "without", overlap ? "" : " with --no-overlap");
}

// A record on what it is replayed on.
struct Setting {
  Testbed testbed;
  std::optional<StepShape> step;  // under a profile
};

Setting MakeSetting(const ReplayFlags& flags, const Cluster& cluster, const RunRecord& record) {
  if (flags.profile.empty()) return {TestbedOf(cluster), std::nullopt};
  const TestbedProfile profile = MakeTestbedProfile(flags.profile);
  const auto run = ParseRunDescription(record.description, flags.record);
  const std::string strategy = StrategyOf(flags, run);
  const std::string model = ModelOf(flags, run);
  if (run) CheckOverlap(flags, profile, run->plan);
  return {TestbedOf(profile, cluster, FindTraits(strategy).exchange, model, record),
          StepShapeOf(profile, model)};
}

std::string ShowTimes(const RequestMetrics& metrics, std::string_view of_e2el) {
  constexpr int kDigits = 9;  // of milliseconds: a replay is the same to the last digit
  return fmt::format("TTFT {}, TPOT {}, E2E{} {}\n", ShowMilliseconds(metrics.ttft, kDigits),
                     ShowMilliseconds(metrics.tpot, kDigits), of_e2el,
                     ShowMilliseconds(metrics.e2el, kDigits));
}

// Under a profile of tokens rather than of steps.
std::string ShowTimes(const Replay& replay, const std::optional<StepShape>& step) {
  const RequestMetrics metrics = MetricsOf(replay);
  if (!step) return ShowTimes(metrics, "");
  // As many whole tokens as the steps yield.
  const auto steps = static_cast<double>(metrics.itl.size());
  const int tokens = static_cast<int>(steps * step->tokens);
  return ShowTimes(PerToken(metrics, *step, tokens), fmt::format(" of {} tokens", tokens));
}

int Execute(const ReplayFlags& flags) {
  const Cluster cluster = WithBandwidth(LoadCluster(FindCluster(flags.cluster)), flags.bandwidth);
  const RunRecord record = LoadRecord(flags.record);
  if (static_cast<int>(record.ranks.size()) != cluster.size()) {
    FailUser("{}: line {}: devices: {} of them, {} has {} ranks", flags.cluster,
             cluster.devices_line, cluster.size(), flags.record, record.ranks.size());
  }
  CheckMarks(record);
  Setting setting = MakeSetting(flags, cluster, record);
  if (flags.measured) {
    CheckHasTimes(record, flags.record);
    for (auto& costs : setting.testbed.costs) costs = std::make_shared<MeasuredCosts>();
  }
  const Replay replay = Simulate(record, setting.testbed, {.activities = flags.timeline});
  std::string text = record.description + "\non " + cluster.name;
  if (!flags.profile.empty()) text += " under " + flags.profile;
  text += ": " + ShowTimes(replay, setting.step) + ShowReplayedRanks(replay, cluster);
  if (flags.timeline) text += ShowReplay(replay, cluster);
  if (flags.explain) {
    text += setting.step ? "\nof the record's passes, not the profile's tokens\n" : "\n";
    text += Explain(record, setting.testbed, DeviceNames(cluster));
  }
  PrintAll(text);
  return 0;
}

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  return jupiter::RunTool([&] { return jupiter::Execute(jupiter::ParseReplayFlags(argc, argv)); });
}

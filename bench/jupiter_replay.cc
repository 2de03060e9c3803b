// Replays a recorded run on a described testbed; needs no MPI.
//
//   jupiter_replay --record run.jsonl --cluster experiments/clusters/env-a.yaml
#include <CLI/CLI.hpp>
#include <cstdio>
#include <variant>

#include "bench/bandwidth_flag.h"
#include "bench/emulated_case.h"
#include "bench/flags.h"
#include "bench/timeline.h"
#include "bench/tool.h"
#include "kernels/base/check.h"
#include "planning/recorded_costs.h"

namespace jupiter {
namespace {

struct ReplayFlags {
  std::string record;
  std::string cluster;
  std::string bandwidth;  // Mbit/s
  bool measured = false;
  bool timeline = false;
};

ReplayFlags Parse(int argc, const char* const* argv) {
  ReplayFlags flags;
  CLI::App app("Replays a recorded run on a described testbed.", "jupiter_replay");
  app.add_option("--record", flags.record, "file of --save-records or --record")->required();
  app.add_option("--cluster", flags.cluster, "cluster file, a device per rank")->required();
  AddBandwidthOption(app, flags.bandwidth, "Mbit/s of every link");
  app.add_flag("--measured", flags.measured,
               "take the times of ops from the record of a real run, only the network from the "
               "cluster");
  app.add_flag("--timeline", flags.timeline, "draw who was busy when");
  ParseFlags(app, argc, argv);
  return flags;
}

std::string ShowRanks(const Replay& replay, const Cluster& cluster) {
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

std::string ShowTimeline(const Replay& replay, const Cluster& cluster) {
  std::vector<TimelineRow> rows;
  for (std::size_t rank = 0; rank < replay.ranks.size(); ++rank) {
    TimelineRow row{cluster.devices[rank].name, {}};
    for (const Span& span : replay.ranks[rank].spans) {
      if (span.kind == Span::Kind::kWait) continue;
      row.spans.push_back({span.begin, span.end, span.kind == Span::Kind::kCompute ? '#' : '+'});
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

int Execute(const ReplayFlags& flags) {
  constexpr int kDigits = 9;  // of milliseconds: a replay is the same to the last digit
  const Cluster cluster = WithBandwidth(LoadCluster(flags.cluster), flags.bandwidth);
  const RunRecord record = LoadRecord(flags.record);
  if (static_cast<int>(record.ranks.size()) != cluster.size()) {
    FailUser("{}: line {}: devices: {} of them, {} has {} ranks", flags.cluster,
             cluster.devices_line, cluster.size(), flags.record, record.ranks.size());
  }
  Testbed testbed = TestbedOf(cluster);
  if (flags.measured) {
    CheckHasTimes(record, flags.record);
    for (auto& costs : testbed.costs) costs = std::make_shared<RecordedCosts>();
  }
  const Replay replay = Simulate(record, testbed, {.spans = flags.timeline});
  const RequestMetrics metrics = MetricsOf(replay);
  std::string text = fmt::format("{}\non {}: TTFT {:.{}f} ms, TPOT {:.{}f} ms, E2E {:.{}f} ms\n",
                                 record.description, cluster.name, metrics.ttft * 1e3, kDigits,
                                 metrics.tpot * 1e3, kDigits, metrics.e2el * 1e3, kDigits);
  text += ShowRanks(replay, cluster);
  if (flags.timeline) text += ShowTimeline(replay, cluster);
  PrintAll(text);
  return 0;
}

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  return jupiter::RunTool([&] { return jupiter::Execute(jupiter::Parse(argc, argv)); });
}

#include "bench/plan_report.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/timeline.h"
#include "planning/json_reader.h"

namespace jupiter {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMebi = 1 << 20;
constexpr int kColumns = 80;

std::string Milliseconds(double seconds) { return fmt::format("{:.2f}", seconds * 1e3); }

// What stands behind a plan's times: its layers, or why there is none.
std::string ShowOutcome(const PlannedRun& run) {
  if (!run.feasible) return fmt::format("{}: {}", Name(run.obstacle), run.reason);
  return run.prediction ? fmt::format("layers {}", fmt::join(run.plan.layers, ",")) : run.note;
}

std::string ShowLine(const PlannedRun& run) {
  if (!run.prediction) {
    return fmt::format("{:<22} {:>10} {:>10} {:>10} {:>7}  {}\n", run.planner, "-", "-", "-", "-",
                       ShowOutcome(run));
  }
  const Prediction& p = *run.prediction;
  return fmt::format("{:<22} {:>10} {:>10} {:>10.3f} {:>6.1f}%  {}\n", run.planner,
                     Milliseconds(p.ttft), Milliseconds(p.tpot), p.e2el, 100 * p.bubble,
                     ShowOutcome(run));
}

const LinkTraffic* TrafficFrom(const Prediction& prediction, int rank) {
  for (const LinkTraffic& link : prediction.links) {
    if (link.from == rank) return &link;
  }
  return nullptr;
}

bool HasDrafts(const Prediction& prediction) { return prediction.verification > 0; }

std::string ShowDevice(const PlannedRun& run, const Cluster& cluster, int rank) {
  const auto index = static_cast<std::size_t>(rank);
  const DeviceMemory& memory = run.prediction->memory[index];
  const LinkTraffic* link = TrafficFrom(*run.prediction, rank);
  const std::string drafts =
      HasDrafts(*run.prediction)
          ? fmt::format(" {:>10.1f}", static_cast<double>(memory.need.drafts) / kMebi)
          : "";
  return fmt::format("  {:>4} {:<18} {:>6}{} {:>12.1f} {:>11.1f}  {:<9} {}\n", rank,
                     cluster.devices[index].name, run.plan.layers[index], drafts,
                     static_cast<double>(memory.need.total()) / kMebi,
                     static_cast<double>(memory.budget) / kMebi, Name(memory.fit),
                     link == nullptr ? ""
                                     : fmt::format("to {}: {} B prefill, {} B per token", link->to,
                                                   link->prefill_bytes, link->bytes_per_token));
}

std::string ShowTimeline(const Prediction& prediction, const Cluster& cluster) {
  std::vector<TimelineRow> rows;
  double end = 0;
  for (std::size_t stage = 0; stage < prediction.ranks.size(); ++stage) {
    TimelineRow row;
    row.label = cluster.devices[static_cast<std::size_t>(prediction.ranks[stage])].name;
    for (const SliceSpan& span : prediction.timeline[stage]) {
      row.spans.push_back({span.begin, span.end, SliceMark(span.slice)});
      end = std::max(end, span.end);
    }
    rows.push_back(std::move(row));
  }
  return "  prefill, a character per slice:\n" + DrawTimeline(rows, end, kColumns);
}

std::string ShowShares(const GalaxyShares& shares, const Cluster& cluster) {
  std::string text;
  for (std::size_t device = 0; device < shares.heads.size(); ++device) {
    text += fmt::format("  {:>4} {:<18} {:>4} KV heads, {:>6} columns\n", device,
                        cluster.devices[device].name, shares.heads[device], shares.columns[device]);
  }
  return text;
}

std::string MemoryNote() {
  return fmt::format(
      "memory is counted to the byte as the suite allocates it; allocator and page tables, which "
      "are "
      "not, are taken to add or save at most {0:g} %: a device is 'uncertain' when its need is "
      "within "
      "{0:g} % of its budget, and 'OOM' beyond that",
      100 * kMemoryError);
}

Json MemoryJson(const DeviceMemory& memory) {
  return {{"weights", memory.need.weights},
          {"kv", memory.need.kv},
          {"activations", memory.need.activations},
          {"drafts", memory.need.drafts},
          {"buffers", memory.need.buffers},
          {"budget", memory.budget},
          {"verdict", Name(memory.fit)}};
}

Json PredictionJson(const Prediction& prediction, const Cluster& cluster) {
  Json json = {{"ttft_s", prediction.ttft},   {"tpot_s", prediction.tpot},
               {"e2el_s", prediction.e2el},   {"bubble", prediction.bubble},
               {"slices", prediction.slices}, {"memory_error", kMemoryError}};
  for (std::size_t rank = 0; rank < prediction.memory.size(); ++rank) {
    Json device = MemoryJson(prediction.memory[rank]);
    device["device"] = cluster.devices[rank].name;
    json["memory_bytes"].push_back(std::move(device));
  }
  if (HasDrafts(prediction)) json["verification_s"] = prediction.verification;
  json["notes"] = prediction.notes;
  json["notes"].push_back(MemoryNote());
  json["links"] = Json::array();
  for (const LinkTraffic& link : prediction.links) {
    json["links"].push_back({{"from", link.from},
                             {"to", link.to},
                             {"prefill_bytes", link.prefill_bytes},
                             {"bytes_per_token", link.bytes_per_token}});
  }
  return json;
}

Json RunJson(const PlannedRun& run, const Cluster& cluster) {
  Json json = {{"planner", run.planner}, {"feasible", run.feasible}};
  if (!run.note.empty()) json["note"] = run.note;
  if (!run.feasible) {
    json["obstacle"] = Name(run.obstacle);
    json["reason"] = run.reason;
  }
  if (!run.prediction) json["prediction"] = nullptr;
  if (run.prediction) {
    json["plan"] = Json::parse(ToJson(run.plan));
    json["prediction"] = PredictionJson(*run.prediction, cluster);
  }
  if (run.shares && run.shares->feasible) {
    json["shares"] = {{"heads", run.shares->heads}, {"columns", run.shares->columns}};
  }
  return json;
}

}  // namespace

std::string ShowPlans(const std::vector<PlannedRun>& runs) {
  std::string text = fmt::format("{:<22} {:>10} {:>10} {:>10} {:>7}  {}\n", "planner", "TTFT ms",
                                 "TPOT ms", "E2E s", "bubble", "plan");
  for (const PlannedRun& run : runs) text += ShowLine(run);
  return text;
}

std::string ShowPlan(const PlannedRun& run, const Cluster& cluster) {
  std::string text = run.planner + (run.note.empty() ? "" : " (" + run.note + ")") + "\n";
  if (!run.feasible) text += fmt::format("  {}: {}\n", Name(run.obstacle), run.reason);
  if (run.prediction) {
    const bool drafts = HasDrafts(*run.prediction);
    if (drafts) {
      text += fmt::format("  a verification step takes {} ms\n",
                          Milliseconds(run.prediction->verification));
    }
    text += fmt::format("  slices {}\n", fmt::join(run.prediction->slices, ","));
    text +=
        fmt::format("  {:>4} {:<18} {:>6}{} {:>12} {:>11}  {:<9} {}\n", "rank", "device", "layers",
                    drafts ? " drafts MiB" : "", "needs MiB", "budget MiB", "memory", "sends");
    for (int rank = 0; rank < cluster.size(); ++rank) text += ShowDevice(run, cluster, rank);
    text += ShowTimeline(*run.prediction, cluster);
  }
  if (run.shares && run.shares->feasible) text += ShowShares(*run.shares, cluster);
  return text;
}

std::string ShowNotes(const std::vector<PlannedRun>& runs) {
  const auto predicted = std::find_if(
      runs.begin(), runs.end(), [](const PlannedRun& run) { return run.prediction.has_value(); });
  if (predicted == runs.end()) return "";
  std::string text;
  for (const std::string& note : predicted->prediction->notes) text += "note: " + note + "\n";
  return text + "note: " + MemoryNote() + "\n";
}

std::string ToJson(const std::vector<PlannedRun>& runs, const Cluster& cluster) {
  Json json = Json::array();
  for (const PlannedRun& run : runs) json.push_back(RunJson(run, cluster));
  return DumpJson(json, 2);
}

}  // namespace jupiter

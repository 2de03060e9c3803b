#include "bench/plan/plan_report.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/plan/tree_report.h"
#include "bench/report/timeline.h"
#include "planning/text/json_reader.h"
#include "planning/text/units.h"

namespace jupiter {
namespace {

constexpr int kTimelineColumns = 80;

std::string Milliseconds(double seconds) { return fmt::format("{:.2f}", seconds * 1e3); }

// The device of the cluster that a rank of a run's check and prediction stands for.
int DeviceOf(const PlannedRun& run, int rank) { return run.device.value_or(rank); }

const std::string& DeviceNameOf(const PlannedRun& run, const Cluster& cluster, int rank) {
  return cluster.devices[static_cast<std::size_t>(DeviceOf(run, rank))].name;
}

// What follows a plan's times: how it cuts the model, or why there is none.
std::string ShowOutcome(const PlannedRun& run, const Cluster& cluster) {
  if (!run.feasible) return fmt::format("{}: {}", Name(run.obstacle), run.reason);
  if (run.device)
    return fmt::format("{} (rank {}) alone", DeviceNameOf(run, cluster, 0), *run.device);
  return ShowSplit(run.plan);
}

// One token has no time per further token.
bool HasTpot(const Prediction& prediction) { return prediction.tpot > 0; }

std::string ShowPlanLine(const PlannedRun& run, const Cluster& cluster) {
  if (!run.prediction) {
    return fmt::format("{:<22} {:>10} {:>10} {:>10} {:>7}  {}\n", run.planner, "-", "-", "-", "-",
                       ShowOutcome(run, cluster));
  }
  const Prediction& p = *run.prediction;
  return fmt::format("{:<22} {:>10} {:>10} {:>10.3f} {:>6.1f}%  {}\n", run.planner,
                     Milliseconds(p.ttft), HasTpot(p) ? Milliseconds(p.tpot) : "-", p.e2el,
                     100 * p.bubble, ShowOutcome(run, cluster));
}

const LinkTraffic* TrafficFrom(const Prediction& prediction, int rank) {
  for (const LinkTraffic& link : prediction.links) {
    if (link.from == rank) return &link;
  }
  return nullptr;
}

bool HasDrafts(const PlannedRun& run) { return run.prediction && run.prediction->verification > 0; }

// Whether a device has the memory, and what it sends.
std::string ShowMemoryAndTraffic(const PlannedRun& run, Fit fit, int rank) {
  const LinkTraffic* link = run.prediction ? TrafficFrom(*run.prediction, rank) : nullptr;
  if (link == nullptr) return std::string(Name(fit));
  return fmt::format("{:<9} to {}: {} B prefill, {} B per token", Name(fit), link->to,
                     link->prefill_bytes, link->bytes_per_token);
}

std::string ShowDevice(const PlannedRun& run, const Cluster& cluster, int rank) {
  const auto index = static_cast<std::size_t>(rank);
  const DeviceMemory& memory = run.check->memory[index];
  const std::string drafts =
      HasDrafts(run) ? fmt::format(" {:>10.1f}", Mebibytes(memory.need.drafts)) : "";
  return fmt::format("  {:>4} {:<18} {:>6}{} {:>12.1f} {:>11.1f}  {}\n", DeviceOf(run, rank),
                     DeviceNameOf(run, cluster, rank), run.plan.layers[index], drafts,
                     Mebibytes(memory.need.total()), Mebibytes(memory.budget),
                     ShowMemoryAndTraffic(run, memory.fit, rank));
}

// A device's part of every layer, for a column as wide as its heading.
constexpr const char* kShareHeading = "KV heads  columns  rows";
std::string ShowShare(const Plan& plan, int rank) {
  const auto entry = [&](const std::vector<int>& list, const char* whole) {
    return list.empty() ? whole : fmt::format("{}", list[static_cast<std::size_t>(rank)]);
  };
  // A strategy without lists of heads has all of them; without weights, rows are even or whole.
  return fmt::format("{:>8}  {:>7}  {:>4}", entry(plan.shares.heads, "all"),
                     entry(plan.shares.columns, "all"), entry(plan.shares.rows, "-"));
}

std::string ShowSharedDevice(const PlannedRun& run, const Cluster& cluster, int rank) {
  const auto index = static_cast<std::size_t>(rank);
  const DeviceMemory& memory = run.check->memory[index];
  return fmt::format("  {:>4} {:<18} {} {:>12.1f} {:>11.1f}  {}\n", rank,
                     cluster.devices[index].name, ShowShare(run.plan, rank),
                     Mebibytes(memory.need.total()), Mebibytes(memory.budget), Name(memory.fit));
}

std::string ShowPrefill(const PlannedRun& run, const Cluster& cluster) {
  const Prediction& prediction = *run.prediction;
  std::vector<TimelineRow> rows;
  double end = 0;
  for (std::size_t stage = 0; stage < prediction.ranks.size(); ++stage) {
    TimelineRow row;
    row.label = DeviceNameOf(run, cluster, prediction.ranks[stage]);
    for (const SliceSpan& span : prediction.timeline[stage]) {
      row.spans.push_back({span.begin, span.end, SliceMark(span.slice)});
      end = std::max(end, span.end);
    }
    rows.push_back(std::move(row));
  }
  return "  prefill, a character per slice:\n" + DrawTimeline(rows, end, kTimelineColumns);
}

std::string MemoryNote() {
  return fmt::format(
      "memory is counted to the byte as the suite allocates it; allocator and page tables, which "
      "are not, are taken to add or save at most {0:g} %: a device is 'uncertain' when its need is "
      "within {0:g} % of its budget, and 'OOM' beyond that; budgets are usable_memory of the "
      "devices' profiles: the total less what system and runtime take",
      100 * kMemoryError);
}

// Types of the layers' matrices, in the order in which they appear.
std::vector<std::string_view> LayerTypeNames(const ModelShape& shape) {
  std::vector<std::string_view> names;
  for (const LayerTypes& types : shape.layers) {
    for (DType dtype :
         {types.wq, types.wk, types.wv, types.wo, types.w_gate, types.w_up, types.w_down}) {
      if (std::find(names.begin(), names.end(), Name(dtype)) == names.end()) {
        names.push_back(Name(dtype));
      }
    }
  }
  return names;
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

// Slices and memory of any plan; with the times of a pipeline.
Json CheckJson(const PlannedRun& run, const Cluster& cluster) {
  Json json = {{"slices", run.check->slices}, {"memory_error", kMemoryError}};
  for (std::size_t rank = 0; rank < run.check->memory.size(); ++rank) {
    Json device = MemoryJson(run.check->memory[rank]);
    device["device"] = DeviceNameOf(run, cluster, static_cast<int>(rank));
    json["memory_bytes"].push_back(std::move(device));
  }
  return json;
}

Json PredictionJson(const PlannedRun& run, const Cluster& cluster) {
  const Prediction& prediction = *run.prediction;
  Json json = {{"ttft_s", prediction.ttft},
               {"tpot_s", HasTpot(prediction) ? Json(prediction.tpot) : Json(nullptr)},
               {"e2el_s", prediction.e2el},
               {"bubble", prediction.bubble}};
  json.update(CheckJson(run, cluster));
  if (HasDrafts(run)) json["verification_s"] = prediction.verification;
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
  if (run.device) json["device"] = DeviceNameOf(run, cluster, 0);
  if (!run.feasible) {
    json["obstacle"] = Name(run.obstacle);
    json["reason"] = run.reason;
  }
  if (run.check) json["plan"] = Json::parse(ToJson(run.plan));
  if (run.trees) json["draft_trees"] = Json::parse(ToJson(*run.trees));
  json["prediction"] = nullptr;
  if (run.prediction) {
    json["prediction"] = PredictionJson(run, cluster);
  } else if (run.check) {
    json.update(CheckJson(run, cluster));
  }
  return json;
}

}  // namespace

std::string ShowWeights(const ModelShape& shape) {
  return fmt::format("{} (embedding {}, head {})", fmt::join(LayerTypeNames(shape), "/"),
                     Name(shape.embedding), Name(shape.head));
}

std::string ShowPlans(const std::vector<PlannedRun>& runs, const Cluster& cluster) {
  std::string text = fmt::format("{:<22} {:>10} {:>10} {:>10} {:>7}  {}\n", "planner", "TTFT ms",
                                 "TPOT ms", "E2E s", "bubble", "plan");
  for (const PlannedRun& run : runs) text += ShowPlanLine(run, cluster);
  return text;
}

namespace {

std::string PipelineHeading(bool drafts) {
  return fmt::format("  {:>4} {:<18} {:>6}{} {:>12} {:>11}  {:<9} {}\n", "rank", "device", "layers",
                     drafts ? " drafts MiB" : "", "needs MiB", "budget MiB", "memory", "sends");
}

std::string SharedHeading() {
  return fmt::format("  {:>4} {:<18} {} {:>12} {:>11}  {}\n", "rank", "device", kShareHeading,
                     "needs MiB", "budget MiB", "memory");
}

// `heading`: of the table, or nothing.
std::string ShowPipeline(const PlannedRun& run, const Cluster& cluster,
                         const std::string& heading) {
  std::string text;
  if (HasDrafts(run)) {
    text += fmt::format("  a verification step takes {} ms\n",
                        Milliseconds(run.prediction->verification));
  }
  if (run.trees) text += ShowTrees(*run.trees);
  text += fmt::format("  slices {}\n", fmt::join(run.check->slices, ",")) + heading;
  const int ranks = static_cast<int>(run.check->memory.size());
  for (int rank = 0; rank < ranks; ++rank) text += ShowDevice(run, cluster, rank);
  return text + ShowPrefill(run, cluster);
}

std::string ShowSharedPlan(const PlannedRun& run, const Cluster& cluster,
                           const std::string& heading) {
  std::string text = fmt::format("  slices {}\n", fmt::join(run.check->slices, ",")) + heading;
  for (int rank = 0; rank < cluster.size(); ++rank) text += ShowSharedDevice(run, cluster, rank);
  return text;
}

}  // namespace

std::string ShowEachPlan(const std::vector<PlannedRun>& runs, const Cluster& cluster) {
  std::string text;
  std::string last_heading;
  for (const PlannedRun& run : runs) {
    text += "\n" + run.planner + (run.note.empty() ? "" : " (" + run.note + ")") + "\n";
    if (!run.feasible) text += fmt::format("  {}: {}\n", Name(run.obstacle), run.reason);
    if (!run.check) continue;
    std::string heading = run.prediction ? PipelineHeading(HasDrafts(run)) : SharedHeading();
    if (heading == last_heading) heading.clear();
    text += run.prediction ? ShowPipeline(run, cluster, heading)
                           : ShowSharedPlan(run, cluster, heading);
    if (!heading.empty()) last_heading = heading;
  }
  return text;
}

std::string ShowNotes(const std::vector<PlannedRun>& runs) {
  // `local` knows of its own device's trace only.
  const auto notes = [](const PlannedRun& run) {
    return run.prediction ? std::ssize(run.prediction->notes) : -1;
  };
  const auto predicted = std::max_element(
      runs.begin(), runs.end(),
      [&](const PlannedRun& a, const PlannedRun& b) { return notes(a) < notes(b); });
  const bool checked = std::any_of(runs.begin(), runs.end(),
                                   [](const PlannedRun& run) { return run.check.has_value(); });
  std::string text;
  if (predicted != runs.end() && predicted->prediction) {
    for (const std::string& note : predicted->prediction->notes) text += "note: " + note + "\n";
  }
  return checked ? text + "note: " + MemoryNote() + "\n" : text;
}

std::string ToJson(const std::vector<PlannedRun>& runs, const Cluster& cluster,
                   const ModelShape& shape) {
  const Json weights = {{"layers", LayerTypeNames(shape)},
                        {"embedding", Name(shape.embedding)},
                        {"head", Name(shape.head)}};
  Json json = Json::array();
  for (const PlannedRun& run : runs) {
    json.push_back(RunJson(run, cluster));
    json.back()["weights"] = weights;
  }
  return DumpJson(json, 2);
}

}  // namespace jupiter

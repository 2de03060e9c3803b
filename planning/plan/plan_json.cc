// Plans as JSON. Every field is checked: plans are files that users edit and move.
#include "planning/plan/plan_json.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

Json SlicesToJson(const SlicePolicy& policy) {
  switch (policy.kind) {
    case SlicePolicy::Kind::kWhole: return "whole";
    case SlicePolicy::Kind::kAuto: return "auto";
    case SlicePolicy::Kind::kCount: return {{"count", policy.count}};
    case SlicePolicy::Kind::kChunks: return {{"chunks", policy.count}};
    case SlicePolicy::Kind::kLengths: return {{"lengths", policy.lengths}};
    case SlicePolicy::Kind::kTable: return {{"table", policy.table}};
  }
  JUPITER_FAIL("slices {}", static_cast<int>(policy.kind));
}

SlicePolicy SlicesFromJson(const Json& value, const JsonReader& reader) {
  SlicePolicy policy;
  const auto is = [&](const char* key) {
    return value.is_object() && value.size() == 1 && value.contains(key);
  };
  if (value == "whole") return policy;
  if (value == "auto") {
    policy.kind = SlicePolicy::Kind::kAuto;
  } else if (is("count")) {
    policy.kind = SlicePolicy::Kind::kCount;
    policy.count = reader.Number(value["count"], "slices", 1);
  } else if (is("chunks")) {
    policy.kind = SlicePolicy::Kind::kChunks;
    policy.count = reader.Number(value["chunks"], "slices", 1);
  } else if (is("lengths")) {
    policy.kind = SlicePolicy::Kind::kLengths;
    policy.lengths = reader.Numbers(value["lengths"], "slices", 1);
  } else if (is("table") && value["table"].is_array() && !value["table"].empty()) {
    policy.kind = SlicePolicy::Kind::kTable;
    for (const Json& lengths : value["table"]) {
      policy.table.push_back(reader.Numbers(lengths, "slices", 1));
    }
  } else {
    reader.Fail("slices", value,
                R"("whole", "auto", or an object with count, chunks, lengths or table)");
  }
  return policy;
}

std::vector<int> OrderFromJson(const JsonReader& reader, std::size_t ranks) {
  if (!reader.Has("order")) return {};
  const std::vector<int> order = reader.Numbers("order", 0);
  if (IsOrder(order, static_cast<int>(ranks))) return order;
  reader.Fail(
      "order", reader.Get("order"),
      fmt::format("each of the ranks 0 to {} once, rank 0 (it has the prompt) first", ranks - 1));
}

// A share for every rank, which has an entry in the layers too.
std::vector<int> SharesFromJson(const JsonReader& reader, const char* key, std::size_t ranks) {
  std::vector<int> shares = reader.ListIfAny(key);
  if (shares.empty() || shares.size() == ranks) return shares;
  reader.Fail(key, fmt::format("got {} numbers, expected {}, one per rank as in layers",
                               shares.size(), ranks));
}

void CheckLayersOf(const Plan& plan, const JsonReader& reader) {
  const std::vector<int>& layers = plan.layers;
  if (IsShared(plan) && std::count(layers.begin(), layers.end(), layers[0]) < std::ssize(layers)) {
    reader.Fail("layers", reader.Get("layers"),
                "the same number for every rank, since each has a share of all layers");
  }
  const auto sum = IsShared(plan) ? std::int64_t{layers[0]}
                                  : std::accumulate(layers.begin(), layers.end(), std::int64_t{0});
  if (sum >= 1 && sum <= JsonReader::kMost) return;
  reader.Fail("layers", fmt::format("{} layers in all, expected 1 to {}", sum, JsonReader::kMost));
}

}  // namespace

std::string ToJson(const Plan& plan) {
  Json json;
  json["strategy"] = plan.strategy;
  json["layers"] = plan.layers;
  if (!plan.order.empty()) json["order"] = plan.order;
  const auto add = [&](const char* key, const std::vector<int>& list) {
    if (!list.empty()) json[key] = list;
  };
  add("heads", plan.shares.heads);
  add("columns", plan.shares.columns);
  add("rows", plan.shares.rows);
  if (!plan.overlap) json["overlap"] = false;
  json["slices"] = SlicesToJson(plan.slices);
  json["min_slice"] = plan.slices.least;
  json["wire"] = Name(plan.wire);
  json["residual"] = Name(plan.residual);
  json["kv"] = Name(plan.kv);
  return DumpJson(json);
}

std::vector<std::string_view> PlanKeys() {
  return {"strategy", "layers", "order",     "heads", "columns",  "rows",
          "overlap",  "slices", "min_slice", "wire",  "residual", "kv"};
}

Plan ReadPlan(const JsonReader& reader) {
  Plan plan;
  plan.strategy = reader.Word("strategy");
  plan.layers = reader.Numbers("layers", 0);
  plan.order = OrderFromJson(reader, plan.layers.size());
  plan.shares.heads = SharesFromJson(reader, "heads", plan.layers.size());
  plan.shares.columns = SharesFromJson(reader, "columns", plan.layers.size());
  plan.shares.rows = SharesFromJson(reader, "rows", plan.layers.size());
  CheckLayersOf(plan, reader);
  if (reader.Has("overlap")) plan.overlap = reader.Flag("overlap");
  plan.slices = SlicesFromJson(reader.Get("slices"), reader);
  plan.slices.least = reader.Number("min_slice", 1);
  plan.wire = reader.Type("wire");
  plan.residual = reader.Type("residual");
  plan.kv = reader.Type("kv");
  return plan;
}

Plan ParsePlan(const std::string& text, const std::string& source) {
  const JsonText json = ParseJsonText(text, source, kExpectedPlan);
  const JsonReader reader(json, "a plan");
  reader.ExpectOnly(PlanKeys());
  return ReadPlan(reader);
}

}  // namespace jupiter

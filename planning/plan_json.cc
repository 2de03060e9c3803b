// Plans as JSON. Every field is checked: plans are files that users edit and move.
#include "kernels/base/check.h"
#include "planning/json_reader.h"
#include "planning/plan.h"

namespace jupiter {
namespace {

using Json = JsonReader::Json;

Json SlicesToJson(const SlicePolicy& policy) {
  switch (policy.kind) {
    case SlicePolicy::Kind::kWhole: return "whole";
    case SlicePolicy::Kind::kAuto: return "auto";
    case SlicePolicy::Kind::kCount: return {{"count", policy.count}};
    case SlicePolicy::Kind::kChunks: return {{"chunks", policy.count}};
    case SlicePolicy::Kind::kLengths: return {{"lengths", policy.lengths}};
    case SlicePolicy::Kind::kTable: return {{"table", policy.table}};
  }
  JUPITER_CHECK(false);
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

Plan ParsePlan(const std::string& text, const std::string& source) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) FailUser("{}: not JSON; expected a plan of jupiter_plan --save", source);
  const JsonReader reader(json, source, "a plan");
  reader.ExpectOnly({"strategy", "layers", "order", "heads", "columns", "rows", "overlap", "slices",
                     "min_slice", "wire", "residual", "kv"});
  Plan plan;
  plan.strategy = reader.Word("strategy");
  plan.layers = reader.Numbers("layers", 0);
  if (reader.Has("order")) plan.order = reader.Numbers("order", 0);
  CheckOrder(plan.order, static_cast<int>(plan.layers.size()));
  plan.shares.heads = reader.ListIfAny("heads");
  plan.shares.columns = reader.ListIfAny("columns");
  plan.shares.rows = reader.ListIfAny("rows");
  if (reader.Has("overlap")) plan.overlap = reader.Flag("overlap");
  plan.slices = SlicesFromJson(reader.Get("slices"), reader);
  plan.slices.least = reader.Number("min_slice", 1);
  plan.wire = reader.Type("wire");
  plan.residual = reader.Type("residual");
  plan.kv = reader.Type("kv");
  return plan;
}

}  // namespace jupiter

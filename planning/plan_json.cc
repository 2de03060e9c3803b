// Plans as JSON. Every field is checked: plans are files that users edit and move.
#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>

#include "kernels/base/check.h"
#include "planning/plan.h"

namespace jupiter {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMost = 1 << 24;

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

// Reads fields of one object and names what is wrong with them.
class Reader {
 public:
  Reader(const Json& object, const std::string& source) : object_(object), source_(source) {
    if (!object.is_object()) FailUser("{}: expected a plan as a JSON object", source);
  }

  std::string Word(const char* key) const {
    const Json& value = Get(key);
    if (!value.is_string()) Fail(key, value, "a word");
    return value.get<std::string>();
  }
  int Number(const Json& value, const char* key, int least) const {
    if (!value.is_number_integer() || value.get<std::int64_t>() < least ||
        value.get<std::int64_t>() > kMost) {
      Fail(key, value, fmt::format("a whole number from {} to {}", least, kMost));
    }
    return value.get<int>();
  }
  int Number(const char* key, int least) const { return Number(Get(key), key, least); }
  std::vector<int> Numbers(const Json& value, const char* key, int least) const {
    if (!value.is_array() || value.empty()) Fail(key, value, "a list of numbers");
    std::vector<int> numbers;
    for (const Json& number : value) numbers.push_back(Number(number, key, least));
    return numbers;
  }
  DType Type(const char* key) const {
    const std::optional<DType> dtype = ParseDType(Word(key));
    if (!dtype) Fail(key, Get(key), "a type such as f32 or f16");
    return *dtype;
  }
  std::vector<int> ListIfAny(const char* key) const {
    return Has(key) ? Numbers(Get(key), key, 0) : std::vector<int>{};
  }
  bool Flag(const char* key) const {
    const Json& value = Get(key);
    if (!value.is_boolean()) Fail(key, value, "true or false");
    return value.get<bool>();
  }
  bool Has(const char* key) const { return object_.contains(key); }
  const Json& Get(const char* key) const {
    if (!Has(key)) FailUser("{}: {} is missing", source_, key);
    return object_[key];
  }
  void ExpectOnly(std::initializer_list<std::string_view> keys) const {
    for (const auto& entry : object_.items()) {
      if (std::find(keys.begin(), keys.end(), entry.key()) == keys.end()) {
        FailUser("{}: unknown key {}; a plan has {}", source_, entry.key(), fmt::join(keys, ", "));
      }
    }
  }
  [[noreturn]] void Fail(const char* key, const Json& value, const std::string& expected) const {
    FailUser("{}: {}: got {}, expected {}", source_, key, value.dump(), expected);
  }

 private:
  const Json& object_;
  const std::string& source_;
};

SlicePolicy SlicesFromJson(const Json& value, const Reader& reader) {
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
  return json.dump();
}

Plan ParsePlan(const std::string& text, const std::string& source) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) FailUser("{}: not JSON; expected a plan of jupiter_plan --save", source);
  const Reader reader(json, source);
  reader.ExpectOnly({"strategy", "layers", "order", "heads", "columns", "rows", "overlap", "slices",
                     "min_slice", "wire", "residual", "kv"});
  Plan plan;
  plan.strategy = reader.Word("strategy");
  plan.layers = reader.Numbers(reader.Get("layers"), "layers", 0);
  if (reader.Has("order")) plan.order = reader.Numbers(reader.Get("order"), "order", 0);
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

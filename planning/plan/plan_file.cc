#include "planning/plan/plan_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>
#include <vector>

#include "kernels/base/check.h"
#include "planning/plan/plan_json.h"

namespace jupiter {
namespace {

struct ModelFact {
  const char* key;
  int PlannedModel::*value;
};
constexpr std::array<ModelFact, 7> kFacts = {{{"layers", &PlannedModel::layers},
                                              {"hidden", &PlannedModel::hidden},
                                              {"heads", &PlannedModel::heads},
                                              {"kv_heads", &PlannedModel::kv_heads},
                                              {"head_dim", &PlannedModel::head_dim},
                                              {"ffn", &PlannedModel::ffn},
                                              {"vocab", &PlannedModel::vocab}}};

Json ModelToJson(const PlannedModel& model) {
  Json json = {{"name", model.name}};
  for (const ModelFact& fact : kFacts) json[fact.key] = model.*fact.value;
  return json;
}

std::vector<std::string_view> ModelKeys() {
  std::vector<std::string_view> keys = {"name"};
  for (const ModelFact& fact : kFacts) keys.emplace_back(fact.key);
  return keys;
}

PlannedModel ModelFromJson(const JsonText& text, const JsonReader& file) {
  if (!file.Has("model")) {
    file.Fail("model", fmt::format("missing, expected an object with {} of the model that the plan "
                                   "is for; jupiter_plan --save writes it",
                                   fmt::join(ModelKeys(), ", ")));
  }
  const JsonReader reader(text, file.Get("model"), "model", "the model of a plan");
  reader.ExpectOnly(ModelKeys());
  PlannedModel model;
  model.name = reader.Word("name");
  for (const ModelFact& fact : kFacts) model.*fact.value = reader.Number(fact.key, 1);
  return model;
}

std::int64_t SumLengths(const std::vector<int>& lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

void CheckSliceSum(std::int64_t sum, const char* key, const char* fact, int expected,
                   const JsonReader& file) {
  if (sum == expected) return;
  file.Fail(key, fmt::format("they add up to {}, but model.{} is {}", sum, fact, expected));
}

// A plan that contradicts itself was edited.
void CheckSums(const PlanFile& file, const JsonReader& reader) {
  const PlannedModel& model = file.model;
  const Shares& shares = file.plan.shares;
  CheckSliceSum(ModelLayers(file.plan), "layers", "layers", model.layers, reader);
  if (!shares.heads.empty()) {
    CheckSliceSum(SumLengths(shares.heads), "heads", "kv_heads", model.kv_heads, reader);
  }
  if (!shares.columns.empty()) {
    CheckSliceSum(SumLengths(shares.columns), "columns", "ffn", model.ffn, reader);
  }
  if (!shares.rows.empty() && SumLengths(shares.rows) == 0) {
    reader.Fail("rows", "all are 0, expected a weight above 0");
  }
}

}  // namespace

PlannedModel FactsOf(const ModelConfig& config) {
  return {config.name,     config.layers,   config.hidden, config.heads,
          config.kv_heads, config.head_dim, config.ffn,    config.vocab};
}

std::string ToJson(const PlanFile& file) {
  Json json = Json::parse(ToJson(file.plan));
  json["model"] = ModelToJson(file.model);
  return DumpJson(json);
}

PlanFile ParsePlanFile(const std::string& text, const std::string& source) {
  const JsonText json = ParseJsonText(text, source, kExpectedPlan);
  const JsonReader reader(json, "a plan");
  std::vector<std::string_view> keys = PlanKeys();
  keys.emplace_back("model");
  reader.ExpectOnly(keys);
  PlanFile file;
  file.plan = ReadPlan(reader);
  file.model = ModelFromJson(json, reader);
  CheckSums(file, reader);
  return file;
}

void CheckModel(const PlanFile& file, const std::string& source, const ModelConfig& config) {
  const PlannedModel actual = FactsOf(config);
  for (const ModelFact& fact : kFacts) {
    if (file.model.*fact.value == actual.*fact.value) continue;
    FailUser(
        "{}: model.{}: {} ({}), but the model {} has {}; plan for it with jupiter_plan --model",
        source, fact.key, file.model.*fact.value, file.model.name, config.name, actual.*fact.value);
  }
}

void CheckPrompt(const Plan& plan, const std::string& source, int prompt_tokens) {
  const std::string advice = fmt::format(
      "plan again with jupiter_plan --n-prompt {}, or for all shorter prompts too with "
      "--all-prompts STEP",
      prompt_tokens);
  if (plan.slices.kind == SlicePolicy::Kind::kLengths &&
      SumLengths(plan.slices.lengths) != prompt_tokens) {
    FailUser("{}: slices: of a prompt of {} tokens, this one has {}; {}", source,
             SumLengths(plan.slices.lengths), prompt_tokens, advice);
  }
  if (plan.slices.kind != SlicePolicy::Kind::kTable) return;
  std::int64_t longest = 0;
  for (const std::vector<int>& lengths : plan.slices.table)
    longest = std::max(longest, SumLengths(lengths));
  if (longest < prompt_tokens) {
    FailUser("{}: slices: of prompts of up to {} tokens, this one has {}; {}", source, longest,
             prompt_tokens, advice);
  }
}

}  // namespace jupiter

#include "planning/plan_file.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "kernels/base/check.h"
#include "planning/json_reader.h"

namespace jupiter {
namespace {

using Json = JsonReader::Json;

struct Fact {
  const char* key;
  int PlannedModel::*value;
};
constexpr std::array<Fact, 7> kFacts = {{{"layers", &PlannedModel::layers},
                                         {"hidden", &PlannedModel::hidden},
                                         {"heads", &PlannedModel::heads},
                                         {"kv_heads", &PlannedModel::kv_heads},
                                         {"head_dim", &PlannedModel::head_dim},
                                         {"ffn", &PlannedModel::ffn},
                                         {"vocab", &PlannedModel::vocab}}};

Json ModelToJson(const PlannedModel& model) {
  Json json = {{"name", model.name}};
  for (const Fact& fact : kFacts) json[fact.key] = model.*fact.value;
  return json;
}

PlannedModel ModelFromJson(const Json& json, const std::string& source) {
  const JsonReader reader(json, source, "the model of a plan", "model");
  reader.ExpectOnly({"name", "layers", "hidden", "heads", "kv_heads", "head_dim", "ffn", "vocab"});
  PlannedModel model;
  model.name = reader.Word("name");
  for (const Fact& fact : kFacts) model.*fact.value = reader.Number(fact.key, 1);
  return model;
}

std::int64_t Sum(const std::vector<int>& lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

// A plan that contradicts itself was edited.
void CheckSum(const PlanFile& file, const std::string& source) {
  const std::int64_t layers = ModelLayers(file.plan);
  if (!file.model || layers == file.model->layers) return;
  FailUser("{}: layers: they add up to {}, but model.layers is {}", source, layers,
           file.model->layers);
}

}  // namespace

PlannedModel FactsOf(const ModelConfig& config) {
  return {config.name,     config.layers,   config.hidden, config.heads,
          config.kv_heads, config.head_dim, config.ffn,    config.vocab};
}

std::string ToJson(const PlanFile& file) {
  Json json = Json::parse(ToJson(file.plan));
  if (file.model) json["model"] = ModelToJson(*file.model);
  return DumpJson(json);
}

PlanFile ParsePlanFile(const std::string& text, const std::string& source) {
  PlanFile file;
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object() && json.contains("model")) {
    file.model = ModelFromJson(json["model"], source);
    json.erase("model");
    file.plan = ParsePlan(DumpJson(json), source);
  } else {
    file.plan = ParsePlan(text, source);
  }
  CheckSum(file, source);
  return file;
}

void CheckModel(const PlanFile& file, const std::string& source, const ModelConfig& config) {
  const std::int64_t layers = ModelLayers(file.plan);
  if (!file.model && layers != config.layers) {
    FailUser(
        "{}: layers: they add up to {}, but the model {} has {}; plan for it with jupiter_plan "
        "--model",
        source, layers, config.name, config.layers);
  }
  if (!file.model) return;
  const PlannedModel actual = FactsOf(config);
  for (const Fact& fact : kFacts) {
    if ((*file.model).*fact.value == actual.*fact.value) continue;
    FailUser(
        "{}: model.{}: {} ({}), but the model {} has {}; plan for it with jupiter_plan --model",
        source, fact.key, (*file.model).*fact.value, file.model->name, config.name,
        actual.*fact.value);
  }
}

void CheckPrompt(const Plan& plan, const std::string& source, int prompt_tokens) {
  const std::string advice = fmt::format(
      "plan again with jupiter_plan --prompt-tokens {}, or for all shorter prompts too with "
      "--all-prompts STEP",
      prompt_tokens);
  if (plan.slices.kind == SlicePolicy::Kind::kLengths &&
      Sum(plan.slices.lengths) != prompt_tokens) {
    FailUser("{}: slices: of a prompt of {} tokens, this one has {}; {}", source,
             Sum(plan.slices.lengths), prompt_tokens, advice);
  }
  if (plan.slices.kind != SlicePolicy::Kind::kTable) return;
  std::int64_t longest = 0;
  for (const std::vector<int>& lengths : plan.slices.table)
    longest = std::max(longest, Sum(lengths));
  if (longest < prompt_tokens) {
    FailUser("{}: slices: of prompts of up to {} tokens, this one has {}; {}", source, longest,
             prompt_tokens, advice);
  }
}

}  // namespace jupiter

// A plan as jupiter_plan saves it: with the model that it was made for.
#pragma once

#include <string>

#include "model/config/config.h"
#include "planning/plan/plan.h"

namespace jupiter {

// What of a model decides on a plan's times and bytes, but for the types of its weights.
struct PlannedModel {
  std::string name;
  int layers = 0;
  int hidden = 0;
  int heads = 0;
  int kv_heads = 0;
  int head_dim = 0;
  int ffn = 0;
  int vocab = 0;
};
PlannedModel FactsOf(const ModelConfig& config);

struct PlanFile {
  Plan plan;
  PlannedModel model;
};

// The plan's JSON with the model as one more key, on one line; and back. `source` names the text in
// errors. Throws UserError that names file, line and key.
std::string ToJson(const PlanFile& file);
PlanFile ParsePlanFile(const std::string& text, const std::string& source);

// Throws UserError, with file, key, expected and actual, when the plan was made for another shape
// of model. Its name may differ: the same weights have several.
void CheckModel(const PlanFile& file, const std::string& source, const ModelConfig& config);
// Throws UserError when the plan's slices are for another prompt.
void CheckPrompt(const Plan& plan, const std::string& source, int prompt_tokens);

}  // namespace jupiter

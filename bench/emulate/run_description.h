// What the description of a record says of the run: the model's name, the request, and the plan as
// JSON.
#pragma once

#include <optional>
#include <string>

#include "planning/plan/plan.h"

namespace jupiter {

// "MODEL pp256 tg64 rows1 {PLAN}"
std::string DescribeRun(const std::string& model, int prompt_tokens, int tokens, int step_rows,
                        const Plan& plan);

struct RunDescription {
  std::string model;  // as in ModelConfig::name
  Plan plan;
};
// Nothing for other descriptions. Throws UserError for a plan that is none.
std::optional<RunDescription> ParseRunDescription(const std::string& description,
                                                  const std::string& source);

}  // namespace jupiter

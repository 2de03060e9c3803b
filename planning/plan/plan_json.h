// The keys of a plan in JSON, for files that have more beside them.
#pragma once

#include <string_view>
#include <vector>

#include "planning/plan/plan.h"
#include "planning/text/json_reader.h"

namespace jupiter {

// All keys that a plan may have.
std::vector<std::string_view> PlanKeys();
// Throws UserError, also for a plan that contradicts itself.
Plan ReadPlan(const JsonReader& reader);

// The message for text that should be a plan and is no JSON says that a plan was expected.
inline constexpr const char* kExpectedPlan = "a plan of jupiter_plan --save";

}  // namespace jupiter

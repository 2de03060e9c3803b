// Planned draft trees for a reader at a terminal, and as JSON.
#pragma once

#include <string>

#include "planning/drafts/tree_planner.h"

namespace jupiter {

// A line per tree with its rate beside plain decoding, then the planned tree's paths.
std::string ShowTrees(const TreePlan& plan);
// An object: plain, planned (with its paths), fixed.
std::string ToJson(const TreePlan& plan);

}  // namespace jupiter

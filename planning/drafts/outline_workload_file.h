// Outline workloads in files.
#pragma once

#include <string>

#include "planning/drafts/outline_workload.h"

namespace jupiter {

// Throws UserError "FILE: line L: KEY: ..." for everything that is wrong.
OutlineWorkload ParseOutlineWorkload(const std::string& text, const std::string& source);
OutlineWorkload LoadOutlineWorkload(const std::string& path);

// By path, or the name of a shipped one (experiments/outlines).
std::string FindOutlineWorkload(const std::string& name_or_path);

}  // namespace jupiter

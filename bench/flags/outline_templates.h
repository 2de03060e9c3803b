// The file of prompts for outline decoding; its format is in experiments/templates/README.md.
#pragma once

#include <map>
#include <string>

#include "model/outline/outline_template.h"

namespace jupiter {

using OutlineTemplates = std::map<std::string, OutlineTemplate>;  // by chat format

// All formats of the file are checked, whichever is used. Throws UserError
// "FILE: line L: KEY: ...".
OutlineTemplates ParseOutlineTemplates(const std::string& text, const std::string& source);

// One format of the file at a path, or of a shipped file by its name. Throws UserError; for a
// format that the file does not have it names those that it has.
OutlineTemplate LoadOutlineTemplate(const std::string& name_or_path, const std::string& format);

inline constexpr const char* kDefaultOutlineTemplates = "outline";

}  // namespace jupiter

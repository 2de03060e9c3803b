// Reading of records: every line is checked, because records are files that users move and edit.
#pragma once

#include <string>
#include <string_view>

#include "planning/record/record.h"

namespace jupiter {

// What ToText wrote. All throw UserError naming `source` and the line.
RankRecord ParseRankRecord(std::string_view text, const std::string& source);
RunRecord ParseRecord(std::string_view text, const std::string& source);
RunRecord LoadRecord(const std::string& path);

}  // namespace jupiter

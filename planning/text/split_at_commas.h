// Lists in one text.
#pragma once

#include <string_view>
#include <vector>

namespace jupiter {

// What stands between commas, in order; of an empty text one empty part. The text outlives them.
inline std::vector<std::string_view> SplitAtCommas(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace jupiter

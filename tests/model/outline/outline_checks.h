// What holds for every outline, whatever the text was. Used by tests and by the fuzz target.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "model/outline/parse_outline.h"

namespace jupiter {

// Empty when all is well, else what is wrong.
inline std::string WhatIsWrong(const ParsedOutline& outline, std::string_view source, int most) {
  constexpr std::string_view kSpaces = " \t\r\n";
  std::set<int> numbers;
  std::size_t bytes = 0;
  for (const OutlinePoint& point : outline.points) {
    if (point.number < 1 || point.number > 999) return "number out of range";
    if (!numbers.insert(point.number).second) return "number twice";
    if (point.text.empty()) return "empty text";
    if (point.text.find_first_of("\r\n") != std::string::npos) return "more than a line";
    if (point.text.find("**") != std::string::npos) return "bold";
    if (kSpaces.find(point.text.front()) != std::string_view::npos) return "space in front";
    if (kSpaces.find(point.text.back()) != std::string_view::npos) return "space behind";
    bytes += point.text.size();
  }
  if (bytes > source.size()) return "text from nowhere";
  if (outline.points.size() > static_cast<std::size_t>(most)) return "too many points";
  const bool full = outline.points.size() == static_cast<std::size_t>(most);
  if (outline.beyond_cap > 0 && !full) return "dropped without need";
  return "";
}

}  // namespace jupiter

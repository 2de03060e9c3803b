// The labels that number the points of an outline; their grammar is in parse_outline.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace jupiter {

struct OutlineLabel {
  int number = 0;
  std::size_t size = 0;  // bytes, white space after it included
};

// The text without marks (bullets, quotes, headings, white space) at its beginning.
std::string_view SkipMarks(std::string_view text);

enum class LabelPlace : std::uint8_t {
  kBeginning,  // of a line
  kInside,     // of one: no white space between number and close, so "pages 2 - 3" is no label
};

// The label that the text begins with.
std::optional<OutlineLabel> MatchLabel(std::string_view text, LabelPlace place);

// A label inside of a line and where it begins.
struct InnerLabel {
  std::size_t begin = 0;
  OutlineLabel label;
};

// The first label of that number that has white space before it, and white space or the line's end
// after it.
std::optional<InnerLabel> FindInnerLabel(std::string_view line, std::size_t from, int number);

}  // namespace jupiter

#include "model/tokenizers/unicode.h"

#include <algorithm>
#include <iterator>

namespace jupiter {
namespace {

bool ContainsCodePoint(std::span<const UnicodeRange> ranges, char32_t code_point) {
  const auto begins_after = [](char32_t value, const UnicodeRange& range) {
    return value < range.first;
  };
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), code_point, begins_after);
  return after != ranges.begin() && code_point <= std::prev(after)->last;
}

// White_Space in PropList.txt of the Unicode Character Database; unchanged since version 6.3.
bool IsSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

CharClass ClassifyAscii(char32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return CharClass::kLetter;
  if (c >= '0' && c <= '9') return CharClass::kNumber;
  return IsSpace(c) ? CharClass::kSpace : CharClass::kOther;
}

}  // namespace

CharClass Classify(char32_t code_point) {
  if (code_point < 0x80) return ClassifyAscii(code_point);
  if (ContainsCodePoint(LetterRanges(), code_point)) return CharClass::kLetter;
  if (ContainsCodePoint(NumberRanges(), code_point)) return CharClass::kNumber;
  return IsSpace(code_point) ? CharClass::kSpace : CharClass::kOther;
}

}  // namespace jupiter

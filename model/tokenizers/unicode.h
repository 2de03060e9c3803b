// The classes of characters that pre-tokenisers tell apart.
#pragma once

#include <cstdint>
#include <span>

namespace jupiter {

enum class CharClass : std::uint8_t {
  kLetter,  // \p{L}
  kNumber,  // \p{N}
  kSpace,   // \s: the property White_Space
  kOther,
};

CharClass Classify(char32_t code_point);

struct UnicodeRange {
  char32_t first = 0;
  char32_t last = 0;  // included
};

// Ascending and disjoint.
std::span<const UnicodeRange> LetterRanges();
std::span<const UnicodeRange> NumberRanges();

}  // namespace jupiter

// UTF-8, one character at a time, with invalid bytes as a case of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace jupiter {

enum class Utf8Status : std::uint8_t {
  kValid,
  kInvalid,     // bytes that begin no character, whatever follows
  kIncomplete,  // the text ends inside a character
};

struct Utf8Char {
  char32_t code_point = 0;  // of kValid
  std::size_t size = 0;     // bytes; of kInvalid: the longest prefix that could begin a character
  Utf8Status status = Utf8Status::kInvalid;
};

// The character at the start of `text`, which is not empty. Well-formed as in the Unicode Standard,
// table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF. An invalid sequence is cut
// where section 3.9 ("maximal subpart") cuts it.
Utf8Char NextUtf8(std::string_view text);

void AppendUtf8(char32_t code_point, std::string& out);

// U+FFFD, which stands for bytes that are no character.
inline constexpr std::string_view kReplacement = "\xef\xbf\xbd";
// U+2581, which stands for a space in sentencepiece vocabularies.
inline constexpr std::string_view kSpaceMark = "\xe2\x96\x81";

// The text with every occurrence of `from` (not empty) replaced by `to`.
std::string ReplaceAll(std::string_view text, std::string_view from, std::string_view to);

}  // namespace jupiter

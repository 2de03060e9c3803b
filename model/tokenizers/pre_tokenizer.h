// How byte-level BPE cuts a text into words, inside which pairs merge.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jupiter {

// Named after the model whose tokenizer published the regular expression.
enum class WordRule : std::uint8_t {
  // 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  kGpt2,
  // (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*
  // |\s*[\r\n]+|\s+(?!\S)|\s+
  kLlama3,
  // As kLlama3 with single numbers: \p{N}.
  kQwen2,
};

// The rule that a regular expression in a tokenizer.json spells, or nothing.
std::optional<WordRule> RecogniseWordPattern(std::string_view regex);

// The words of the text, in order and without gaps. Bytes that are no UTF-8 count as characters
// that are neither letter, number nor space.
std::vector<std::string_view> SplitWords(WordRule rule, std::string_view text);

}  // namespace jupiter

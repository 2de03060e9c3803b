// The merge loop that all BPE-like vocabularies share: begin with small symbols, merge the best
// adjacent pair, until no pair merges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace jupiter {

// A span of the text and the token that stands for it.
struct Symbol {
  std::size_t begin = 0;
  std::size_t size = 0;  // bytes
  std::int32_t id = -1;  // -1: not in the vocabulary
};

struct Merge {
  double priority = 0;  // the greatest is merged first; never NaN
  std::int32_t id = -1;
};

class MergeRule {
 public:
  virtual ~MergeRule() = default;
  // What two adjacent symbols of the text merge into, or nothing.
  virtual std::optional<Merge> Find(std::string_view text, const Symbol& left,
                                    const Symbol& right) const = 0;
};

// Merges the symbols (adjacent spans that cover the text) until no pair merges. Of equal
// priorities the leftmost pair goes first. O(n log n) by a queue of candidates over a linked list.
std::vector<Symbol> MergePairs(std::string_view text, std::vector<Symbol> symbols,
                               const MergeRule& rule);

}  // namespace jupiter

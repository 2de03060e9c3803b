// Drafted tokens as rows of a verification batch, and which of them the target accepts.
//
// Row 0 is the last known token; the other rows are guesses at what follows their parents. One
// forward pass gives the target's own token after every row, so the guesses that equal it were
// right: the answer is that of plain decoding (speculative decoding: Leviathan et al., ICML 2023,
// arXiv 2211.17192; with trees: Miao et al., SpecInfer, arXiv 2305.09781).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "model/batch/batch.h"

namespace jupiter {

struct TokenTree {
  std::vector<std::int32_t> tokens;   // [rows]
  std::vector<std::int32_t> parents;  // [rows]: -1 of row 0, of the others a row before them

  std::int64_t rows() const { return std::ssize(tokens); }
  bool operator==(const TokenTree&) const = default;
};

// Of each row: 0 of row 0, the root. CHECKs that each other row's parent is before it.
std::vector<std::int32_t> DepthsOf(std::span<const std::int32_t> parents);

// The tree as an item of a batch: provisional, with logits for every row. `accept` is left to the
// caller.
BatchItem ToItem(std::int32_t sequence, const TokenTree& tree);

// The item's rows, after a row 0 (token 0) that stands for the row it goes on from.
TokenTree BehindRoot(const BatchItem& item);

// Rows along the first child of each row, starting at row 0. Drafts put the likeliest child first.
std::vector<std::int32_t> LikeliestPath(const TokenTree& tree);
// The last row of the likeliest path of an item that is a tree or goes on from one.
std::int32_t GuessedRow(const BatchItem& item);

// What a verified tree yields.
struct Acceptance {
  std::vector<std::int32_t> rows;    // the accepted path, from row 0 on; ascending
  std::vector<std::int32_t> tokens;  // the target's token after each of them: all of them new
};

// The target's token after a row of this depth: the token at index (first new token's + depth) of
// the answer, greedy or sampled.
using TargetOf = std::function<std::int32_t(std::int32_t row, std::int32_t depth)>;

// Starts at row 0 and goes to the first child that has the target's token, until there is none.
// Asks for the targets along the path only.
Acceptance AcceptPath(const TokenTree& tree, const TargetOf& target);
// The same with the targets of all rows [rows].
Acceptance AcceptPath(const TokenTree& tree, std::span<const std::int32_t> targets);

// One verification step of an answer, for statistics. A token that was drafted after the answer's
// last one is neither right nor wrong: it is counted apart.
struct DraftStep {
  std::int32_t nodes = 0;     // drafted tokens, roots and those past the end not counted
  std::int32_t past_end = 0;  // drafted tokens past the end of the answer
  std::int32_t depth = 0;     // of the deepest of `nodes`
  std::int32_t accepted = 0;  // of `nodes`: part of the answer now
  std::int32_t tokens = 1;    // that the answer has more than before the step
};
// A step that found the first `accepted` drafted tokens of a path right. Those deeper than `room`
// are past the end. `tokens` is left to the caller.
DraftStep DraftStepOf(const TokenTree& tree, std::int32_t accepted, std::int32_t room);

}  // namespace jupiter

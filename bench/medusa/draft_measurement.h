// What draft heads are worth on text that the model wrote greedily. Acceptance is lossless, so
// decoding with a draft tree would give this very text, and only the steps have to be counted.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/medusa/ranks.h"
#include "planning/drafts/draft_acceptance.h"

namespace jupiter {

// Over the counted positions of texts that were ranked alike (at least one text). Head h is
// measured where the tokens of all heads before it were among their first choices, as on the paths
// of a tree: heads are right together.
DraftAcceptance MeasureAcceptance(std::span<const RankedText> texts);

struct WalkResult {
  std::int64_t steps = 0;
  std::vector<std::int64_t>
      accepted;  // [tree depth + 1]: steps that accepted so many drafted tokens
  // New tokens per step, the root counted.
  std::optional<double> tokens_per_step() const;  // of no steps: none
};

// Walks every text from its first position: a step at position p gives the model's own token (the
// root) and the tokens of the longest path of the tree that are all right, and the next step begins
// after them. Steps that begin at positions which are not counted are left out, unless `all`.
WalkResult WalkTexts(std::span<const RankedText> texts, const DraftTree& tree, bool all = false);

}  // namespace jupiter

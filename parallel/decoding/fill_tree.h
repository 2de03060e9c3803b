// Candidates put into a draft tree.
#pragma once

#include <cstdint>
#include <vector>

#include "model/batch/token_tree.h"
#include "planning/drafts/draft_tree.h"

namespace jupiter {

// Of each depth - 1 (Medusa: of each head), the likeliest first; as many as there are.
using Candidates = std::vector<std::vector<std::int32_t>>;

// The tree's rows behind the last known token `root`. Where a depth has fewer candidates than the
// tree asks for, those nodes are left out with all that hangs on them, and the rows behind them
// move up.
TokenTree FillTree(const DraftTree& tree, std::int32_t root, const Candidates& candidates);

}  // namespace jupiter

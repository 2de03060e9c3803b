// Candidates put into a draft tree.
#pragma once

#include <cstdint>
#include <vector>

#include "model/batch/token_tree.h"
#include "planning/drafts/draft_tree.h"

namespace jupiter {

// By depth - 1 (Medusa: by head), the likeliest first; as many as there are.
using Candidates = std::vector<std::vector<std::int32_t>>;

// The tree's rows after the last known token `root`. Where a depth has fewer candidates than the
// tree has places, the other nodes are left out with everything below them, and later rows move up.
TokenTree FillTree(const DraftTree& tree, std::int32_t root, const Candidates& candidates);

}  // namespace jupiter

// Drafts by a fixed tree, which the head's candidates fill (Medusa).
#pragma once

#include <memory>

#include "parallel/decoding/drafter.h"
#include "planning/drafts/draft_tree.h"

namespace jupiter {

std::unique_ptr<Drafter> MakeTreeDrafter(const DraftTree& tree);

}  // namespace jupiter

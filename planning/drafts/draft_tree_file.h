// Draft trees in files.
#pragma once

#include <string>

#include "planning/drafts/draft_tree.h"

namespace jupiter {

// YAML: a list of paths in any order, as Medusa writes them ([[0], [1], [0, 0]], also with round
// brackets), or the map {jupiter_tree: 1, paths: LIST}. Throws UserError "SOURCE: line L: KEY: ..."
// for what is no tree or exceeds kMostDraftNodes or kMostDraftDepth.
DraftTree ParseDraftTree(const std::string& text, const std::string& source);
DraftTree LoadDraftTree(const std::string& path);
// The map, a line per depth and first choice; what ParseDraftTree reads back.
std::string ToYaml(const DraftTree& tree);

}  // namespace jupiter

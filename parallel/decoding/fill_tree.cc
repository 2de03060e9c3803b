#include "parallel/decoding/fill_tree.h"

#include <cstddef>

namespace jupiter {
namespace {

constexpr std::int32_t kLeftOut = -1;

bool HasCandidate(const Candidates& candidates, const DraftTree::Node& node) {
  const auto depth = static_cast<std::size_t>(node.depth) - 1;
  return depth < candidates.size() && node.choice < std::ssize(candidates[depth]);
}

}  // namespace

TokenTree FillTree(const DraftTree& tree, std::int32_t root, const Candidates& candidates) {
  TokenTree filled{{root}, {-1}};
  std::vector<std::int32_t> row_of = {0};  // by node + 1
  for (const DraftTree::Node& node : tree.nodes) {
    const std::int32_t parent = row_of[static_cast<std::size_t>(node.parent + 1)];
    if (parent == kLeftOut || !HasCandidate(candidates, node)) {
      row_of.push_back(kLeftOut);
      continue;
    }
    row_of.push_back(static_cast<std::int32_t>(filled.rows()));
    filled.parents.push_back(parent);
    filled.tokens.push_back(candidates[static_cast<std::size_t>(node.depth) - 1]
                                      [static_cast<std::size_t>(node.choice)]);
  }
  return filled;
}

}  // namespace jupiter

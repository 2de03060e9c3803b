#include "planning/drafts/drawn_acceptance.h"

#include <algorithm>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// A draw for every row of the longest path.
constexpr std::int64_t kDrawsPerStep = kMostDraftDepth + 1;

}  // namespace

DrawnAcceptance::DrawnAcceptance(const DraftTree& tree, const DraftAcceptance& acceptance,
                                 std::uint64_t seed)
    : children_(static_cast<std::size_t>(tree.rows())), rng_(seed) {
  JUPITER_CHECK(tree.depth() <= kMostDraftDepth, "a tree of depth {}", tree.depth());
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const DraftTree::Node& node = tree.nodes[i];
    std::vector<Child>& siblings = children_[static_cast<std::size_t>(node.parent + 1)];
    const double before = siblings.empty() ? 0 : siblings.back().below;
    siblings.push_back(
        {static_cast<std::int32_t>(i) + 1, before + acceptance.At(node.depth, node.choice)});
  }
}

std::vector<std::int32_t> DrawnAcceptance::Path(std::int64_t step) const {
  std::vector<std::int32_t> path = {0};
  for (std::int64_t draw = step * kDrawsPerStep;; ++draw) {
    const double number = rng_.Uniform(static_cast<std::uint64_t>(draw));
    const std::vector<Child>& children = children_[static_cast<std::size_t>(path.back())];
    const auto taken = std::find_if(children.begin(), children.end(),
                                    [&](const Child& child) { return number < child.below; });
    if (taken == children.end()) return path;
    path.push_back(taken->row);
  }
}

}  // namespace jupiter

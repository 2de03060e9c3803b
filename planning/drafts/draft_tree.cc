#include "planning/drafts/draft_tree.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

bool IsBefore(const DraftPath& a, const DraftPath& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

DraftPath Prefix(const DraftPath& path) { return {path.begin(), path.end() - 1}; }

}  // namespace

std::vector<int> DraftTree::Widths() const {
  std::vector<int> widths(static_cast<std::size_t>(depth()), 0);
  for (const Node& node : nodes) {
    int& width = widths[static_cast<std::size_t>(node.depth) - 1];
    width = std::max(width, node.choice + 1);
  }
  return widths;
}

std::vector<DraftPath> PathsOf(const DraftTree& tree) {
  std::vector<DraftPath> paths;
  for (const DraftTree::Node& node : tree.nodes) {
    DraftPath path;
    if (node.parent >= 0) path = paths[static_cast<std::size_t>(node.parent)];
    path.push_back(node.choice);
    paths.push_back(std::move(path));
  }
  return paths;
}

DraftTree TreeOf(std::vector<DraftPath> paths) {
  std::sort(paths.begin(), paths.end(), IsBefore);
  DraftTree tree;
  std::map<DraftPath, int> known = {{{}, -1}};
  for (const DraftPath& path : paths) {
    JUPITER_CHECK(!path.empty(), "an empty path");
    const auto parent = known.find(Prefix(path));
    JUPITER_CHECK(parent != known.end(), "{} hangs on nothing", path);
    tree.nodes.push_back({parent->second, path.back(), static_cast<int>(path.size())});
    const bool is_new = known.emplace(path, static_cast<int>(tree.nodes.size()) - 1).second;
    JUPITER_CHECK(is_new, "{} twice", path);
  }
  return tree;
}

std::vector<std::int32_t> ToParents(const DraftTree& tree) {
  std::vector<std::int32_t> parents = {-1};
  for (const DraftTree::Node& node : tree.nodes) parents.push_back(node.parent + 1);
  return parents;
}

DraftTree ChainTree(int length) {
  JUPITER_CHECK(length >= 0 && length <= kMostDraftDepth, "a chain of {}", length);
  DraftTree tree;
  for (int i = 0; i < length; ++i) tree.nodes.push_back({i - 1, 0, i + 1});
  return tree;
}

DraftTree StarTree(int width) {
  JUPITER_CHECK(width >= 0 && width <= kMostDraftNodes, "a star of {}", width);
  DraftTree tree;
  for (int i = 0; i < width; ++i) tree.nodes.push_back({-1, i, 1});
  return tree;
}

}  // namespace jupiter

#include "model/batch/token_tree.h"

#include <algorithm>
#include <numeric>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

std::size_t AsIndex(std::int32_t row) { return static_cast<std::size_t>(row); }

// The first child of `row` with this token, or -1. Children come after their parents.
std::int32_t FindChild(const TokenTree& tree, std::int32_t row, std::int32_t token) {
  for (std::int32_t child = row + 1; child < tree.rows(); ++child) {
    if (tree.parents[AsIndex(child)] == row && tree.tokens[AsIndex(child)] == token) return child;
  }
  return -1;
}

}  // namespace

std::vector<std::int32_t> DepthsOf(std::span<const std::int32_t> parents) {
  std::vector<std::int32_t> depths;
  for (const std::int32_t parent : parents) {
    const bool is_root = depths.empty();
    JUPITER_CHECK(is_root ? parent == -1 : parent >= 0 && parent < std::ssize(depths),
                  "row {} has the parent {}", depths.size(), parent);
    depths.push_back(is_root ? 0 : depths[AsIndex(parent)] + 1);
  }
  return depths;
}

BatchItem ToItem(std::int32_t sequence, const TokenTree& tree) {
  BatchItem item;
  item.sequence = sequence;
  item.tokens = tree.tokens;
  item.parents = tree.parents;
  item.provisional = true;
  item.head_rows.resize(tree.tokens.size());
  std::iota(item.head_rows.begin(), item.head_rows.end(), 0);
  return item;
}

TokenTree BehindRoot(const BatchItem& item) {
  TokenTree tree{{0}, {-1}};
  for (std::size_t row = 0; row < item.tokens.size(); ++row) {
    tree.tokens.push_back(item.tokens[row]);
    const std::int32_t parent =
        item.parents.empty() ? static_cast<std::int32_t>(row) - 1 : item.parents[row];
    tree.parents.push_back(parent + 1);
  }
  return tree;
}

std::vector<std::int32_t> LikeliestPath(const TokenTree& tree) {
  std::vector<std::int32_t> path = {0};
  for (std::int32_t row = 1; row < tree.rows(); ++row) {
    if (tree.parents[AsIndex(row)] == path.back()) path.push_back(row);
  }
  return path;
}

std::int32_t GuessedRow(const BatchItem& item) {
  return LikeliestPath(BehindRoot(item)).back() - 1;
}

Acceptance AcceptPath(const TokenTree& tree, const TargetOf& target) {
  JUPITER_CHECK(tree.rows() > 0 && tree.tokens.size() == tree.parents.size(), "{} rows, {} parents",
                tree.rows(), tree.parents.size());
  Acceptance acceptance;
  for (std::int32_t row = 0; row >= 0;) {
    const auto depth = static_cast<std::int32_t>(acceptance.rows.size());
    acceptance.rows.push_back(row);
    acceptance.tokens.push_back(target(row, depth));
    row = FindChild(tree, row, acceptance.tokens.back());
  }
  return acceptance;
}

Acceptance AcceptPath(const TokenTree& tree, std::span<const std::int32_t> targets) {
  JUPITER_CHECK(std::ssize(targets) == tree.rows(), "{} targets of {} rows", targets.size(),
                tree.rows());
  return AcceptPath(tree, [&](std::int32_t row, std::int32_t) { return targets[AsIndex(row)]; });
}

DraftStep DraftStepOf(const TokenTree& tree, std::int32_t accepted, std::int32_t room) {
  DraftStep step;
  step.accepted = std::min(accepted, room);
  for (const std::int32_t depth : DepthsOf(tree.parents)) {
    if (depth == 0) continue;
    ++(depth > room ? step.past_end : step.nodes);
    if (depth <= room) step.depth = std::max(step.depth, depth);
  }
  return step;
}

}  // namespace jupiter

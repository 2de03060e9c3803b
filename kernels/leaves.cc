#include "kernels/leaves.h"

#include <algorithm>
#include <bit>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// Leaves of the left child of a node with `leaves` > 1 of them.
int LeftLeaves(int leaves) {
  return static_cast<int>(std::bit_floor(static_cast<unsigned>(leaves - 1)));
}

void AddNode(LeafRange node, std::vector<LeafAddition>& additions) {
  if (node.end - node.begin < 2) return;
  const int middle = node.begin + LeftLeaves(node.end - node.begin);
  AddNode({node.begin, middle}, additions);
  AddNode({middle, node.end}, additions);
  additions.push_back({node.begin, middle});
}

void CollectNodes(LeafRange node, LeafRange run, std::vector<LeafRange>& nodes) {
  if (run.begin >= node.end || run.end <= node.begin) return;
  if (run.begin <= node.begin && node.end <= run.end) {
    nodes.push_back(node);
    return;
  }
  const int middle = node.begin + LeftLeaves(node.end - node.begin);
  CollectNodes({node.begin, middle}, run, nodes);
  CollectNodes({middle, node.end}, run, nodes);
}

}  // namespace

std::vector<LeafAddition> LeafTree(int leaves) {
  std::vector<LeafAddition> additions;
  AddNode({0, leaves}, additions);
  return additions;
}

std::vector<LeafRange> LeafNodes(int leaves, LeafRange run) {
  JUPITER_CHECK(0 <= run.begin && run.begin <= run.end && run.end <= leaves, "leaves {}-{} of {}",
                run.begin, run.end, leaves);
  std::vector<LeafRange> nodes;
  CollectNodes({0, leaves}, run, nodes);
  return nodes;
}

int ReadyAdditions(int leaf, int leaves) {
  // The sums that wait before a leaf are nodes of 2^k leaves, one for each bit of the leaf's
  // number.
  if (leaf + 1 == leaves) return std::popcount(static_cast<unsigned>(leaf));
  return std::countr_one(static_cast<unsigned>(leaf));
}

std::vector<std::int64_t> LeafEnds(std::int64_t columns, std::int64_t unit, int leaves) {
  const std::int64_t units = columns / unit;
  JUPITER_CHECK(leaves >= 1 && leaves <= std::max<std::int64_t>(1, units),
                "{} leaves of {} units of {} columns", leaves, units, unit);
  std::vector<std::int64_t> ends;
  for (int leaf = 1; leaf <= leaves; ++leaf) ends.push_back(units * leaf / leaves * unit);
  ends.back() = columns;
  return ends;
}

}  // namespace jupiter

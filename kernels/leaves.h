// The leaves of a product: fixed runs of a weight's columns. Each is summed alone, and one fixed
// binary tree adds the sums. Ranks that hold whole nodes of the tree compute these and add up the
// rest of it, so the bits of the result do not depend on how many ranks there are.
//
// The tree over n leaves: for n = 1 it is the leaf. Otherwise its left child has the first m
// leaves, m the largest power of two below n, its right child has the others; both are again the
// tree over their number of leaves. A node's sum is left + right, rounded once. So what a node adds
// up, and in which order, follows from the number of its leaves, wherever it lies.
#pragma once

#include <cstdint>
#include <vector>

namespace jupiter {

inline constexpr int kMaxLeaves = 128;

// Leaves [begin, end).
struct LeafRange {
  int begin = 0;
  int end = 0;
  bool operator==(const LeafRange&) const = default;
};

// `left` and `right` are the first leaves of two nodes that are children of one. Its sum takes the
// place of the left one's.
struct LeafAddition {
  int left = 0;
  int right = 0;
  bool operator==(const LeafAddition&) const = default;
};

// The additions of the tree, each after those that it needs.
std::vector<LeafAddition> LeafTree(int leaves);

// The fewest nodes of the tree that make up a run of its leaves, ascending. A rank that holds the
// run computes one product for each; what LeafTree adds between nodes is left for other ranks.
std::vector<LeafRange> LeafNodes(int leaves, LeafRange run);

// How many additions become possible when the sum of leaf `leaf` is there and those of all leaves
// before it are: each adds the latest sum that waits on the left.
int ReadyAdditions(int leaf, int leaves);

// Where each leaf ends when `columns` are divided as evenly as whole units of `unit` columns allow;
// the last leaf has what fills no unit. CHECKs that no leaf is empty.
std::vector<std::int64_t> LeafEnds(std::int64_t columns, std::int64_t unit, int leaves);

}  // namespace jupiter

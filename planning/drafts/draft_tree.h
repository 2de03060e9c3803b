// Trees of drafted tokens, as data: which candidates of which position a verification step tries.
//
// The root is the last known token: row 0 of the verification batch, and no node. Node i is row i +
// 1. A node at depth d stands for one of the candidates that the draft has for the d-th token after
// the root (Medusa: those of head d; Cai et al., ICML 2024, arXiv 2401.10774, section 2.1.2).
#pragma once

#include <cstdint>
#include <vector>

namespace jupiter {

struct DraftTree {
  struct Node {
    int parent = -1;  // index of a node before it; -1: the root
    int choice = 0;   // rank among the candidates of its depth, the likeliest is 0
    int depth = 1;    // of the root's children: 1
    bool operator==(const Node&) const = default;
  };

  std::vector<Node> nodes;  // by depth, then by path

  // Of the verification batch, root included.
  int rows() const { return static_cast<int>(nodes.size()) + 1; }
  // Of the deepest node; 0 of the root alone.
  int depth() const { return nodes.empty() ? 0 : nodes.back().depth; }
  // Candidates that it needs, by depth - 1: the highest rank plus one.
  std::vector<int> Widths() const;
  bool operator==(const DraftTree&) const = default;
};

// The largest trees that files may have.
inline constexpr int kMostDraftNodes = 1023;
inline constexpr int kMostDraftDepth = 16;

// Ranks from the root's child down to each node.
using DraftPath = std::vector<int>;
std::vector<DraftPath> PathsOf(const DraftTree& tree);
// The tree with exactly these paths, in any order. CHECKs that the prefix of each is there, and
// that none occurs twice or is empty.
DraftTree TreeOf(std::vector<DraftPath> paths);

// The parents of a batch item's rows (model/batch/batch.h): -1 of row 0, the root.
std::vector<std::int32_t> ToParents(const DraftTree& tree);

// The likeliest candidate at every depth. CHECKs 0 <= length <= kMostDraftDepth.
DraftTree ChainTree(int length);
// The `width` likeliest candidates of the next token. CHECKs 0 <= width <= kMostDraftNodes.
DraftTree StarTree(int width);

}  // namespace jupiter

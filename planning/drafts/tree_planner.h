// Draft trees that yield the most tokens per second.
//
// A step that verifies a tree of m nodes takes t(m + 1) whatever the tree's shape, so the planner
// takes the best tree E(m) of every size and then the size that maximises E(m) / t(m + 1).
//
// The best tree of m nodes has the m likeliest paths. A set of nodes yields one token and the sum
// of its paths' probabilities, so no m nodes yield more than the m likeliest paths; and these are a
// tree, since a path is at most as likely as its prefix (ties: the prefix first). So the dynamic
// program over node budgets
//
//   T(d, b) = max over b_0 + b_1 + ... = b of the sum over ranks r with b_r > 0 of
//             p(d + 1, r) * (1 + T(d + 1, b_r - 1))
//
// has the solution that a greedy expansion finds for all budgets at once, in O(m log m) instead of
// O(depth * ranks * m^2). The tests compare it with that dynamic program and with all trees. Cai et
// al. (arXiv 2401.10774, section 2.3.3) expand likewise, to a size given by hand.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "planning/drafts/draft_acceptance.h"
#include "planning/drafts/draft_tree.h"

namespace jupiter {

// The `nodes` likeliest paths; fewer when no more are possible. Deterministic: of equally likely
// paths the one that the expansion meets first. CHECKs 0 <= nodes <= kMostDraftNodes.
DraftTree LikeliestTree(const DraftAcceptance& acceptance, int nodes);

struct NamedTree {
  std::string name;
  DraftTree tree;
};

// What a planned tree has at most. Medusa's trees for Vicuna have as many.
inline constexpr int kMostPlannedNodes = 63;

struct TreeProblem {
  const DraftAcceptance& acceptance;
  // Seconds of a verification step of that many rows (root counted), with everything that drafting
  // takes; more rows take no less.
  std::function<double(int rows)> step_seconds;
  double plain_seconds = 0;  // of a step without drafts
  int most_nodes = kMostPlannedNodes;
  std::vector<NamedTree> others = {};  // to be rated, too
};

// A tree and what it is expected to do.
struct RatedTree {
  std::string name;
  DraftTree tree;
  double tokens = 1;   // per step, root counted
  double seconds = 0;  // per step
  double rate = 0;     // tokens per second
  double gain = 0;     // of the rate over plain decoding; below 1 it is slower
};

struct TreePlan {
  RatedTree plain;  // the root alone, without drafts
  RatedTree best;   // of all trees with at least one node
  // Trees that do not depend on the times, for comparison: chain, star, usual sizes, then the
  // problem's others. They may have more nodes than the problem allows.
  std::vector<RatedTree> fixed;
};

RatedTree RateTree(const TreeProblem& problem, std::string name, DraftTree tree);

// CHECKs that there is a head and all times are above zero.
TreePlan PlanTree(const TreeProblem& problem);

}  // namespace jupiter

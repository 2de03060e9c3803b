#include "planning/drafts/tree_planner.h"

#include <algorithm>
#include <queue>
#include <utility>

#include "kernels/base/check.h"
#include "planning/drafts/known_acceptance.h"

namespace jupiter {
namespace {

// A node that could be next.
struct Offer {
  double probability = 0;    // of its path
  int order = 0;             // of meeting it
  int parent = -1;           // index of a path
  std::size_t standing = 0;  // among its siblings, the likeliest first
  int depth = 1;
  bool operator<(const Offer& other) const {
    return probability != other.probability ? probability < other.probability : order > other.order;
  }
};

// Takes nodes from the likeliest path down.
class TreeExpansion {
 public:
  explicit TreeExpansion(const DraftAcceptance& acceptance) : acceptance_(acceptance) {
    for (const std::vector<double>& head : acceptance.probability) {
      std::vector<int>& ranks = ranks_.emplace_back();
      for (int rank = 0; rank < std::ssize(head); ++rank) ranks.push_back(rank);
      std::stable_sort(ranks.begin(), ranks.end(), [&](int a, int b) {
        return head[static_cast<std::size_t>(a)] > head[static_cast<std::size_t>(b)];
      });
    }
    Propose(-1, 0, 1);
  }

  // False when no path is left that can be right.
  bool Take() {
    if (offers_.empty()) return false;
    const Offer offer = offers_.top();
    offers_.pop();
    DraftPath path =
        offer.parent < 0 ? DraftPath{} : paths_[static_cast<std::size_t>(offer.parent)];
    path.push_back(RankAt(offer.depth, offer.standing));
    paths_.push_back(std::move(path));
    probability_.push_back(offer.probability);
    Propose(static_cast<int>(paths_.size()) - 1, 0, offer.depth + 1);
    Propose(offer.parent, offer.standing + 1, offer.depth);
    return true;
  }

  const std::vector<DraftPath>& paths() const { return paths_; }
  double probability() const { return probability_.back(); }  // of the path taken last

 private:
  int RankAt(int depth, std::size_t standing) const {
    return ranks_[static_cast<std::size_t>(depth) - 1][standing];
  }

  void Propose(int parent, std::size_t standing, int depth) {
    if (depth > std::min(acceptance_.heads(), kMostDraftDepth)) return;
    if (standing >= ranks_[static_cast<std::size_t>(depth) - 1].size()) return;
    const double before = parent < 0 ? 1 : probability_[static_cast<std::size_t>(parent)];
    const double probability = before * acceptance_.At(depth, RankAt(depth, standing));
    if (probability > 0) offers_.push({probability, met_++, parent, standing, depth});
  }

  const DraftAcceptance& acceptance_;
  std::vector<std::vector<int>> ranks_;  // [depth - 1]: the likeliest first
  std::priority_queue<Offer> offers_;
  std::vector<DraftPath> paths_;
  std::vector<double> probability_;  // by path
  int met_ = 0;
};

// The size of the fastest likeliest tree, at least 1.
int BestSize(const TreeProblem& problem) {
  TreeExpansion expansion(problem.acceptance);
  double tokens = 1;
  double best = 0;
  int size = 1;
  for (int nodes = 1; nodes <= problem.most_nodes && expansion.Take(); ++nodes) {
    tokens += expansion.probability();
    const double rate = tokens / problem.step_seconds(nodes + 1);
    if (rate <= best) continue;
    best = rate;
    size = nodes;
  }
  return size;
}

std::vector<NamedTree> FixedTrees(const TreeProblem& problem) {
  const DraftAcceptance& acceptance = problem.acceptance;
  const int heads = std::min(acceptance.heads(), kMostDraftDepth);
  std::vector<NamedTree> trees = {
      {fmt::format("chain of {}", heads), ChainTree(heads)},
      {fmt::format("star of {}", acceptance.ranks()), StarTree(acceptance.ranks())},
      {fmt::format("{} likeliest", kMostPlannedNodes),
       LikeliestTree(acceptance, kMostPlannedNodes)}};
  const DraftAcceptance& known = KnownAcceptances().front();
  DraftTree usual = LikeliestTree(known, kMostPlannedNodes);
  if (usual != trees.back().tree) {
    trees.push_back({fmt::format("{} of {}", kMostPlannedNodes, known.name), std::move(usual)});
  }
  trees.insert(trees.end(), problem.others.begin(), problem.others.end());
  return trees;
}

}  // namespace

DraftTree LikeliestTree(const DraftAcceptance& acceptance, int nodes) {
  JUPITER_CHECK(nodes >= 0 && nodes <= kMostDraftNodes, "{} nodes", nodes);
  TreeExpansion expansion(acceptance);
  for (int taken = 0; taken < nodes && expansion.Take();) ++taken;
  return TreeOf(expansion.paths());
}

RatedTree RateTree(const TreeProblem& problem, std::string name, DraftTree tree) {
  RatedTree rated;
  rated.name = std::move(name);
  rated.tokens = ExpectedTokens(tree, problem.acceptance);
  rated.seconds = problem.step_seconds(tree.rows());
  JUPITER_CHECK(rated.seconds > 0 && problem.plain_seconds > 0, "{} and {} seconds", rated.seconds,
                problem.plain_seconds);
  rated.rate = rated.tokens / rated.seconds;
  rated.gain = rated.rate * problem.plain_seconds;
  rated.tree = std::move(tree);
  return rated;
}

TreePlan PlanTree(const TreeProblem& problem) {
  const DraftAcceptance& acceptance = problem.acceptance;
  JUPITER_CHECK(acceptance.heads() > 0 && problem.most_nodes > 0, "{} heads, {} nodes",
                acceptance.heads(), problem.most_nodes);
  TreePlan plan;
  plan.plain = {"plain", {}, 1, problem.plain_seconds, 1 / problem.plain_seconds, 1};
  DraftTree best = LikeliestTree(acceptance, BestSize(problem));
  if (best.nodes.empty()) best = ChainTree(1);  // drafts that are never right
  plan.best = RateTree(problem, "planned", std::move(best));
  for (NamedTree& fixed : FixedTrees(problem)) {
    plan.fixed.push_back(RateTree(problem, std::move(fixed.name), std::move(fixed.tree)));
  }
  return plan;
}

}  // namespace jupiter

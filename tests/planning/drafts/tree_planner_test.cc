// Planned draft trees: against all trees, and against the dynamic program over node budgets.
#include "planning/drafts/tree_planner.h"
#include "planning/drafts/known_acceptance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

#include "tests/planning/drafts/some_acceptance.h"

namespace jupiter {
namespace {

// Ranks in any order of likelihood, some of them never right.
DraftAcceptance Random(std::mt19937& random, int heads, int ranks) {
  std::vector<std::vector<double>> probability;
  for (int head = 0; head < heads; ++head) {
    std::vector<double> shares;
    for (int rank = 0; rank < ranks; ++rank) shares.push_back(static_cast<double>(random() % 8));
    for (double& share : shares) share /= 8.0 * ranks;
    probability.push_back(shares);
  }
  return AcceptanceOf(probability);
}

using PathSet = std::set<DraftPath>;

// Every tree of up to `nodes` nodes over the distribution's heads and ranks, once.
std::set<PathSet> AllTrees(const DraftAcceptance& acceptance, int nodes) {
  std::set<PathSet> all = {{}};
  std::set<PathSet> newest = all;
  for (int size = 1; size <= nodes; ++size) {
    std::set<PathSet> larger;
    for (const PathSet& tree : newest) {
      PathSet parents = tree;
      parents.insert(DraftPath{});
      for (const DraftPath& parent : parents) {
        if (std::ssize(parent) == acceptance.heads()) continue;
        for (int rank = 0; rank < acceptance.ranks(); ++rank) {
          DraftPath path = parent;
          path.push_back(rank);
          PathSet grown = tree;
          if (grown.insert(path).second) larger.insert(grown);
        }
      }
    }
    all.insert(larger.begin(), larger.end());
    newest = larger;
  }
  return all;
}

DraftTree AsTree(const PathSet& paths) { return TreeOf({paths.begin(), paths.end()}); }

// T(depth, budget): the most tokens after a node of this depth that is right, with up to `budget`
// nodes below it; a knapsack over its children's ranks.
class BudgetSearch {
 public:
  explicit BudgetSearch(const DraftAcceptance& acceptance) : acceptance_(acceptance) {}

  double Best(int depth, int budget) const {
    if (depth == acceptance_.heads()) return 0;
    std::vector<double> with(static_cast<std::size_t>(budget) + 1, 0.0);  // the ranks so far
    for (int rank = 0; rank < acceptance_.ranks(); ++rank) {
      for (int all = budget; all >= 1; --all) {
        double& best = with[static_cast<std::size_t>(all)];
        for (int part = 1; part <= all; ++part) {
          const double child = acceptance_.At(depth + 1, rank) * (1 + Best(depth + 1, part - 1));
          best = std::max(best, with[static_cast<std::size_t>(all - part)] + child);
        }
      }
    }
    return with.back();
  }

 private:
  const DraftAcceptance& acceptance_;
};

TEST(TreePlannerTest, LikeliestTreesAreTheBestOfAllTrees) {
  std::mt19937 random(1);
  for (int round = 0; round < 6; ++round) {
    const DraftAcceptance acceptance = Random(random, 3, 2);
    std::vector<double> best(6, 0.0);  // by nodes
    for (const PathSet& paths : AllTrees(acceptance, 5)) {
      double& most = best[paths.size()];
      most = std::max(most, ExpectedTokens(AsTree(paths), acceptance));
    }
    for (int nodes = 0; nodes <= 5; ++nodes) {
      const DraftTree tree = LikeliestTree(acceptance, nodes);
      EXPECT_LE(std::ssize(tree.nodes), nodes);
      EXPECT_NEAR(ExpectedTokens(tree, acceptance), best[static_cast<std::size_t>(nodes)], 1e-12);
    }
  }
}

TEST(TreePlannerTest, LikeliestTreesAgreeWithASearchOverBudgets) {
  std::mt19937 random(2);
  for (const auto& [heads, ranks] : {std::pair(1, 5), {2, 4}, {3, 3}, {4, 2}}) {
    const DraftAcceptance acceptance = Random(random, heads, ranks);
    for (int nodes = 1; nodes <= 9; ++nodes) {
      EXPECT_NEAR(ExpectedTokens(LikeliestTree(acceptance, nodes), acceptance),
                  1 + BudgetSearch(acceptance).Best(0, nodes), 1e-12)
          << heads << " heads, " << ranks << " ranks, " << nodes << " nodes";
    }
  }
}

TEST(TreePlannerTest, SmallTreesAreThoseOfLargerOnes) {
  const DraftAcceptance& known = KnownAcceptances().front();
  std::vector<DraftPath> before;
  double tokens = 1;
  for (int nodes = 1; nodes <= 200; ++nodes) {
    const DraftTree tree = LikeliestTree(known, nodes);
    ASSERT_EQ(std::ssize(tree.nodes), nodes);
    const std::vector<DraftPath> paths = PathsOf(tree);
    EXPECT_TRUE(std::all_of(before.begin(), before.end(), [&](const DraftPath& path) {
      return std::count(paths.begin(), paths.end(), path) == 1;
    }));
    const double more = ExpectedTokens(tree, known);
    EXPECT_GT(more, tokens);
    tokens = more;
    before = paths;
  }
}

// What known_acceptance.cc says of its numbers.
TEST(TreePlannerTest, KnownDistributionsYieldWhatIsSaidOfThem) {
  const std::vector<double> tokens = {2.38, 2.48, 2.52};
  ASSERT_EQ(KnownAcceptances().size(), tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const DraftAcceptance& known = KnownAcceptances()[i];
    EXPECT_NEAR(ExpectedTokens(LikeliestTree(known, 63), known), tokens[i], 0.005) << known.name;
  }
}

TEST(TreePlannerTest, ImpossiblePathsAreLeftOut) {
  const DraftAcceptance acceptance = AcceptanceOf({{0.5, 0}, {0, 0.25}});
  EXPECT_EQ(PathsOf(LikeliestTree(acceptance, 63)), (std::vector<DraftPath>{{0}, {0, 1}}));
  EXPECT_EQ(LikeliestTree(AcceptanceOf({{0, 0}}), 63), DraftTree());
  EXPECT_EQ(LikeliestTree({}, 63), DraftTree());
}

TEST(TreePlannerTest, ThePlanIsTheFastestOfAllTrees) {
  std::mt19937 random(4);
  for (int round = 0; round < 20; ++round) {
    const DraftAcceptance acceptance = Random(random, 3, 2);
    std::vector<double> seconds;  // rising, with steps, as tiles of rows give
    for (int rows = 0; rows <= 6; ++rows) {
      seconds.push_back((rows == 0 ? 1.0 : seconds.back()) +
                        static_cast<double>(random() % 3) * 0.05);
    }
    const TreeProblem problem{
        acceptance, [&](int rows) { return seconds[std::min<std::size_t>(6, std::size_t(rows))]; },
        0.9, 5};
    double fastest = 0;
    for (const PathSet& paths : AllTrees(acceptance, 5)) {
      if (paths.empty()) continue;
      fastest = std::max(fastest, RateTree(problem, "", AsTree(paths)).rate);
    }
    const TreePlan plan = PlanTree(problem);
    EXPECT_NEAR(plan.best.rate, fastest, 1e-12) << round;
    EXPECT_NEAR(plan.best.gain, fastest * 0.9, 1e-12) << round;
    EXPECT_GE(plan.best.tree.nodes.size(), 1u);
  }
}

TEST(TreePlannerTest, DearRowsGiveSmallTrees) {
  const DraftAcceptance& known = KnownAcceptances().front();
  std::size_t before = 64;
  for (const double row : {0.0, 0.001, 0.01, 0.1, 1.0}) {
    const TreeProblem problem{known, [row](int rows) { return 1 + row * (rows - 1); }, 1, 63};
    const TreePlan plan = PlanTree(problem);
    const std::size_t nodes = plan.best.tree.nodes.size();
    EXPECT_LT(nodes, before) << row;
    before = nodes;
    EXPECT_DOUBLE_EQ(plan.best.seconds, 1 + row * static_cast<double>(nodes));
    EXPECT_DOUBLE_EQ(plan.best.rate, plan.best.tokens / plan.best.seconds);
    EXPECT_EQ(plan.plain.rate, 1);
    for (const RatedTree& fixed : plan.fixed) EXPECT_LE(fixed.rate, plan.best.rate) << fixed.name;
  }
  EXPECT_EQ(before, 1u);
}

TEST(TreePlannerTest, FixedTreesAreRatedBesideThePlan) {
  const DraftAcceptance acceptance = AcceptanceOf({{0.5, 0.25}, {0.4, 0.1}});
  const TreePlan plan = PlanTree({acceptance,
                                  [](int rows) { return 2.0 + rows; },
                                  2.5,
                                  63,
                                  {{"mine", TreeOf({{0}, {0, 1}})}}});
  ASSERT_EQ(plan.fixed.size(), 5u);
  EXPECT_EQ(plan.fixed[0].name, "chain of 2");
  EXPECT_DOUBLE_EQ(plan.fixed[0].tokens, 1.7);
  EXPECT_DOUBLE_EQ(plan.fixed[0].seconds, 5);
  EXPECT_DOUBLE_EQ(plan.fixed[0].rate, 1.7 / 5);
  EXPECT_DOUBLE_EQ(plan.fixed[0].gain, 1.7 / 5 * 2.5);
  EXPECT_EQ(plan.fixed[1].name, "star of 2");
  EXPECT_DOUBLE_EQ(plan.fixed[1].tokens, 1.75);
  EXPECT_EQ(plan.fixed[2].name, "63 likeliest");
  EXPECT_EQ(plan.fixed[2].tree.nodes.size(), 6u) << "no more are possible";
  EXPECT_EQ(plan.fixed[3].name, "63 of medusa1-vicuna-7b");
  EXPECT_EQ(plan.fixed[3].tree.nodes.size(), 63u);
  EXPECT_EQ(plan.fixed[4].name, "mine");
  EXPECT_DOUBLE_EQ(plan.fixed[4].rate, 1.55 / 5);
  // The likeliest of the known distribution itself are not rated twice.
  EXPECT_EQ(PlanTree({KnownAcceptances().front(), [](int) { return 1.0; }, 1, 63}).fixed.size(),
            3u);
}

TEST(TreePlannerTest, WhereSpeculationLosesThePlanSaysSo) {
  const TreePlan dear = PlanTree(
      {KnownAcceptances().front(), [](int rows) { return static_cast<double>(rows); }, 1, 63});
  EXPECT_EQ(dear.best.tree.nodes.size(), 1u);
  EXPECT_LT(dear.best.gain, 1);
  const TreePlan never =
      PlanTree({AcceptanceOf({{0.0, 0.0}}), [](int rows) { return 1.0 + rows; }, 1, 63});
  EXPECT_EQ(never.best.tree, ChainTree(1));
  EXPECT_EQ(never.best.tokens, 1);
}

}  // namespace
}  // namespace jupiter

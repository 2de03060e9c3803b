// Drawn verdicts: paths of the tree, as often as the distribution says.
#include "planning/drafts/drawn_acceptance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "planning/drafts/known_acceptance.h"
#include "planning/drafts/tree_planner.h"
#include "tests/planning/drafts/some_acceptance.h"

namespace jupiter {
namespace {

TEST(DrawnAcceptanceTest, CertainDraftsAreTaken) {
  const DraftAcceptance sure = AcceptanceOf({{0, 1}, {1, 0}, {1, 0}});
  const DrawnAcceptance drawn(TreeOf({{0}, {1}, {1, 0}, {1, 1}, {1, 0, 1}}), sure, 1);
  for (int step = 0; step < 50; ++step) {
    EXPECT_EQ(drawn.Path(step), (std::vector<std::int32_t>{0, 2, 3}));
  }
}

TEST(DrawnAcceptanceTest, NothingBeyondTheDistribution) {
  const DraftAcceptance one = AcceptanceOf({{1}});
  EXPECT_EQ(DrawnAcceptance(ChainTree(16), one, 1).Path(0), (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(DrawnAcceptance({}, one, 1).Path(7), std::vector<std::int32_t>{0});
  EXPECT_EQ(DrawnAcceptance(StarTree(9), {}, 1).Path(7), std::vector<std::int32_t>{0});
}

TEST(DrawnAcceptanceTest, EveryPathComesAsOftenAsItIsLikely) {
  const DraftAcceptance& known = KnownAcceptances().front();
  const DraftTree tree = LikeliestTree(known, 20);
  const std::vector<std::int32_t> parents = ToParents(tree);
  const DrawnAcceptance drawn(tree, known, 42);
  constexpr int kSteps = 20000;
  std::map<std::int32_t, int> reached;  // by row
  for (int step = 0; step < kSteps; ++step) {
    const std::vector<std::int32_t> path = drawn.Path(step);
    ASSERT_EQ(path.front(), 0);
    for (std::size_t i = 0; i < path.size(); ++i) {
      ASSERT_EQ(parents[static_cast<std::size_t>(path[i])], i == 0 ? -1 : path[i - 1]);
      ++reached[path[i]];
    }
  }
  std::vector<double> likely = {1};
  for (const DraftTree::Node& node : tree.nodes) {
    likely.push_back(likely[static_cast<std::size_t>(node.parent + 1)] *
                     known.At(node.depth, node.choice));
    const double p = likely.back();
    const double share = static_cast<double>(reached[static_cast<std::int32_t>(likely.size()) - 1]);
    // Five standard deviations: 20 of them would exceed it once in 80000 seeds.
    EXPECT_NEAR(share / kSteps, p, 5 * std::sqrt(p * (1 - p) / kSteps)) << likely.size() - 1;
  }
}

TEST(DrawnAcceptanceTest, StepsAndSeedsAreIndependentOfOrder) {
  const DraftAcceptance& known = KnownAcceptances().front();
  const DraftTree tree = LikeliestTree(known, 63);
  const DrawnAcceptance a(tree, known, 1);
  const DrawnAcceptance same(tree, known, 1);
  const DrawnAcceptance other(tree, known, 2);
  int differ = 0;
  for (int step = 99; step >= 0; --step) {
    EXPECT_EQ(a.Path(step), same.Path(step));
    differ += a.Path(step) != other.Path(step) ? 1 : 0;
  }
  EXPECT_GT(differ, 20);
}

// The same bits on every machine, as a second implementation (Python, exact integers) draws them.
TEST(DrawnAcceptanceTest, GoldenLengths) {
  const DraftAcceptance& known = KnownAcceptances().front();
  const DrawnAcceptance drawn(LikeliestTree(known, 63), known, 7);
  std::string lengths;
  for (int step = 0; step < 40; ++step) lengths += std::to_string(drawn.Path(step).size());
  EXPECT_EQ(lengths, "4333232342333213222212424444423332124241");
}

}  // namespace
}  // namespace jupiter

#include "kernels/leaves.h"

#include <gtest/gtest.h>

#include <string>

namespace jupiter {
namespace {

// "((01)(23))(45)"
std::string Show(int leaves) {
  std::vector<std::string> nodes;
  for (int leaf = 0; leaf < leaves; ++leaf) nodes.push_back(std::to_string(leaf));
  for (const LeafAddition& addition : LeafTree(leaves)) {
    nodes[addition.left] = "(" + nodes[addition.left] + nodes[addition.right] + ")";
  }
  return nodes[0];
}

TEST(LeavesTest, TheTreeSplitsAtTheLargestPowerOfTwo) {
  EXPECT_EQ(Show(1), "0");
  EXPECT_EQ(Show(2), "(01)");
  EXPECT_EQ(Show(3), "((01)2)");
  EXPECT_EQ(Show(4), "((01)(23))");
  EXPECT_EQ(Show(6), "(((01)(23))(45))");
  EXPECT_EQ(Show(7), "(((01)(23))((45)6))");
  EXPECT_EQ(Show(8), "(((01)(23))((45)(67)))");
}

TEST(LeavesTest, ReadyAdditionsAreThoseOfTheTree) {
  for (int leaves = 1; leaves <= kMaxLeaves; ++leaves) {
    std::vector<int> waiting;
    std::vector<LeafAddition> additions;
    for (int leaf = 0; leaf < leaves; ++leaf) {
      int sum = leaf;
      for (int i = 0; i < ReadyAdditions(leaf, leaves); ++i) {
        ASSERT_FALSE(waiting.empty());
        additions.push_back({waiting.back(), sum});
        sum = waiting.back();
        waiting.pop_back();
      }
      waiting.push_back(sum);
    }
    EXPECT_EQ(waiting, std::vector<int>{0}) << leaves;
    EXPECT_EQ(additions, LeafTree(leaves)) << leaves;
  }
}

TEST(LeavesTest, RunsAreMadeOfNodes) {
  const auto nodes = [](int leaves, int begin, int end) {
    std::vector<std::pair<int, int>> found;
    for (LeafRange node : LeafNodes(leaves, {begin, end})) found.emplace_back(node.begin, node.end);
    return found;
  };
  using Nodes = std::vector<std::pair<int, int>>;
  EXPECT_EQ(nodes(8, 0, 8), (Nodes{{0, 8}}));
  EXPECT_EQ(nodes(8, 4, 8), (Nodes{{4, 8}}));
  EXPECT_EQ(nodes(8, 3, 7), (Nodes{{3, 4}, {4, 6}, {6, 7}}));
  EXPECT_EQ(nodes(7, 4, 7), (Nodes{{4, 7}}));
  EXPECT_EQ(nodes(7, 3, 3), Nodes{});
}

TEST(LeavesTest, EndsAreWholeUnits) {
  using Ends = std::vector<std::int64_t>;
  EXPECT_EQ(LeafEnds(5632, 32, 1), Ends{5632});
  EXPECT_EQ(LeafEnds(2304, 32, 4), (Ends{576, 1152, 1728, 2304}));
  EXPECT_EQ(LeafEnds(224, 32, 4), (Ends{32, 96, 160, 224}));
  EXPECT_EQ(LeafEnds(172, 32, 2), (Ends{64, 172}));
  EXPECT_EQ(LeafEnds(20, 32, 1), Ends{20});
}

}  // namespace
}  // namespace jupiter

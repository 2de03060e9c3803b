// Acceptance of drafted trees: against all paths from the root, and against plain decoding.
#include "model/batch/token_tree.h"

#include <gtest/gtest.h>

#include <random>

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;

// Rows by depth, each as token (row of its parent):
//   0: 7
//   1: 1 (0)  2: 2 (0)
//   3: 3 (1)  4: 4 (1)  5: 3 (2)
//   6: 5 (3)
const TokenTree kTree{{7, 1, 2, 3, 4, 3, 5}, {-1, 0, 0, 1, 1, 2, 3}};

Acceptance Accept(const Ids& targets) { return AcceptPath(kTree, targets); }

TEST(TokenTreeTest, Depths) {
  EXPECT_EQ(DepthsOf(kTree.parents), (Ids{0, 1, 1, 2, 2, 2, 3}));
  EXPECT_EQ(DepthsOf(Ids{-1}), Ids{0});
}

TEST(TokenTreeTest, ItemsAreProvisionalTreesWithAllRowsForTheHead) {
  const BatchItem item = ToItem(4, kTree);
  EXPECT_EQ(item.sequence, 4);
  EXPECT_EQ(item.tokens, kTree.tokens);
  EXPECT_EQ(item.parents, kTree.parents);
  EXPECT_TRUE(item.provisional);
  EXPECT_TRUE(item.accept.empty());
  EXPECT_EQ(item.head_rows, (Ids{0, 1, 2, 3, 4, 5, 6}));
}

TEST(TokenTreeTest, AcceptsTheTargetsPath) {
  EXPECT_EQ(Accept({9, 0, 0, 0, 0, 0, 0}).rows, Ids{0});
  EXPECT_EQ(Accept({9, 0, 0, 0, 0, 0, 0}).tokens, Ids{9});
  EXPECT_EQ(Accept({1, 3, 8, 5, 8, 8, 6}).rows, (Ids{0, 1, 3, 6}));
  EXPECT_EQ(Accept({1, 3, 8, 5, 8, 8, 6}).tokens, (Ids{1, 3, 5, 6}));
  EXPECT_EQ(Accept({2, 3, 3, 5, 8, 9, 6}).rows, (Ids{0, 2, 5}));
  EXPECT_EQ(Accept({2, 3, 3, 5, 8, 9, 6}).tokens, (Ids{2, 3, 9}));
  // The right token below the wrong parent is none.
  EXPECT_EQ(Accept({2, 3, 4, 5, 8, 9, 6}).rows, (Ids{0, 2}));
}

TEST(TokenTreeTest, OfEqualSiblingsTheFirstIsTaken) {
  const TokenTree tree{{7, 1, 1, 2}, {-1, 0, 0, 2}};
  EXPECT_EQ(AcceptPath(tree, Ids{1, 5, 2, 5}).rows, (Ids{0, 1}));
}

TEST(TokenTreeTest, AsksForTargetsOfThePathOnly) {
  Ids rows;
  Ids depths;
  const Acceptance acceptance = AcceptPath(kTree, [&](std::int32_t row, std::int32_t depth) {
    rows.push_back(row);
    depths.push_back(depth);
    return row == 0 ? 2 : 3;
  });
  EXPECT_EQ(acceptance.rows, (Ids{0, 2, 5}));
  EXPECT_EQ(rows, acceptance.rows);
  EXPECT_EQ(depths, (Ids{0, 1, 2}));
}

TEST(TokenTreeTest, RootAloneYieldsOneToken) {
  const TokenTree root{{3}, {-1}};
  EXPECT_EQ(AcceptPath(root, Ids{8}).rows, Ids{0});
  EXPECT_EQ(AcceptPath(root, Ids{8}).tokens, Ids{8});
  const DraftStep step = DraftStepOf(root, 0, 1);
  EXPECT_EQ(step.nodes, 0);
  EXPECT_EQ(step.past_end, 0);
  EXPECT_EQ(step.depth, 0);
  EXPECT_EQ(step.accepted, 0);
}

TEST(TokenTreeTest, StepsCountNodesDepthAndAcceptedRows) {
  const DraftStep step = DraftStepOf(kTree, 2, 7);
  EXPECT_EQ(step.nodes, 6);
  EXPECT_EQ(step.past_end, 0);
  EXPECT_EQ(step.depth, 3);
  EXPECT_EQ(step.accepted, 2);
}

TEST(TokenTreeTest, WhatIsDraftedPastTheEndIsCountedApart) {
  const TokenTree chain{{1, 2, 3, 4, 5}, {-1, 0, 1, 2, 3}};
  const DraftStep step = DraftStepOf(chain, 4, 2);
  EXPECT_EQ(step.nodes, 2);
  EXPECT_EQ(step.past_end, 2);
  EXPECT_EQ(step.depth, 2);
  EXPECT_EQ(step.accepted, 2);
  const DraftStep nothing = DraftStepOf(chain, 1, 0);
  EXPECT_EQ(nothing.nodes + nothing.depth + nothing.accepted, 0);
  EXPECT_EQ(nothing.past_end, 4);
}

// A "model": the next token depends on the whole text.
std::int32_t Next(const Ids& text) {
  std::uint32_t hash = 17;
  for (const std::int32_t token : text) hash = hash * 31 + static_cast<std::uint32_t>(token) + 5;
  return static_cast<std::int32_t>(hash >> 7 & 3);
}

Ids TextAt(const Ids& before, const TokenTree& tree, std::int32_t row) {
  Ids path;
  for (std::int32_t at = row; at >= 0; at = tree.parents[static_cast<std::size_t>(at)]) {
    path.insert(path.begin(), tree.tokens[static_cast<std::size_t>(at)]);
  }
  path.insert(path.begin(), before.begin(), before.end());
  return path;
}

TokenTree RandomTree(std::mt19937& random, std::int32_t root) {
  TokenTree tree{{root}, {-1}};
  const int rows = 1 + static_cast<int>(random() % 24);
  for (int row = 1; row < rows; ++row) {
    tree.parents.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(row)));
    tree.tokens.push_back(static_cast<std::int32_t>(random() % 4));
  }
  return tree;
}

TEST(TokenTreeTest, RandomTreesGiveThePlainAnswer) {
  std::mt19937 random(3);
  Ids plain = {2};
  while (plain.size() < 600) plain.push_back(Next(plain));
  Ids text = {2};
  std::size_t most = 0;
  while (text.size() < 500) {
    const TokenTree tree = RandomTree(random, text.back());
    const Ids before(text.begin(), text.end() - 1);
    Ids targets;
    std::size_t longest = 0;  // of the paths that the plain answer follows
    for (std::int32_t row = 0; row < tree.rows(); ++row) {
      const Ids path = TextAt(before, tree, row);
      targets.push_back(Next(path));
      if (std::equal(path.begin(), path.end(), plain.begin())) {
        longest = std::max(longest, path.size() - before.size());
      }
    }
    const Acceptance acceptance = AcceptPath(tree, targets);
    EXPECT_TRUE(std::is_sorted(acceptance.rows.begin(), acceptance.rows.end()));
    // Of equal siblings a later one may have the longer continuation.
    EXPECT_LE(acceptance.rows.size(), longest);
    most = std::max(most, acceptance.rows.size());
    text.insert(text.end(), acceptance.tokens.begin(), acceptance.tokens.end());
    ASSERT_TRUE(std::equal(text.begin(), text.end(), plain.begin())) << text.size();
  }
  EXPECT_GE(most, 3u);
}

}  // namespace
}  // namespace jupiter

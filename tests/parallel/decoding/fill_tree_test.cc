// Candidates in draft trees, also where there are fewer than the tree asks for.
#include "parallel/decoding/fill_tree.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;

const DraftTree kTree = TreeOf({{0}, {1}, {0, 0}, {0, 1}, {1, 0}, {0, 1, 0}, {1, 0, 0}});

TEST(FillTreeTest, EveryNodeHasItsCandidate) {
  const TokenTree filled = FillTree(kTree, 9, {{10, 11}, {20, 21}, {30}});
  EXPECT_EQ(filled.tokens, (Ids{9, 10, 11, 20, 21, 20, 30, 30}));
  EXPECT_EQ(filled.parents, ToParents(kTree));
}

TEST(FillTreeTest, WithoutACandidateWhatHangsOnANodeGoesToo) {
  // No second candidate after the root: [1], [1,0] and [1,0,0] are gone.
  TokenTree filled = FillTree(kTree, 9, {{10}, {20, 21}, {30}});
  EXPECT_EQ(filled.tokens, (Ids{9, 10, 20, 21, 30}));
  EXPECT_EQ(filled.parents, (Ids{-1, 0, 1, 1, 3}));
  // No second candidate at depth 2: [0,1] and [0,1,0].
  filled = FillTree(kTree, 9, {{10, 11}, {20}, {30}});
  EXPECT_EQ(filled.tokens, (Ids{9, 10, 11, 20, 20, 30}));
  EXPECT_EQ(filled.parents, (Ids{-1, 0, 0, 1, 2, 4}));
  // None at all at depth 2, or no such head.
  for (const Candidates& candidates : {Candidates{{10, 11}, {}, {30}}, Candidates{{10, 11}}}) {
    filled = FillTree(kTree, 9, candidates);
    EXPECT_EQ(filled.tokens, (Ids{9, 10, 11}));
    EXPECT_EQ(filled.parents, (Ids{-1, 0, 0}));
  }
  EXPECT_EQ(FillTree(kTree, 9, {}), (TokenTree{{9}, {-1}}));
  EXPECT_EQ(FillTree({}, 9, {{1}}), (TokenTree{{9}, {-1}}));
}

TEST(FillTreeTest, RandomTreesKeepExactlyThePathsThatHaveCandidates) {
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    Candidates candidates(3);
    std::int32_t token = 100;
    for (Ids& of_depth : candidates) {
      of_depth.resize(random() % 4);
      for (std::int32_t& id : of_depth) id = token++;
    }
    std::vector<DraftPath> paths;
    for (int a = 0; a < 3; ++a) {
      paths.push_back({a});
      for (int b = 0; b < static_cast<int>(random() % 4); ++b) {
        paths.push_back({a, b});
        if (random() % 2 == 0) paths.push_back({a, b, static_cast<int>(random() % 3)});
      }
    }
    const DraftTree tree = TreeOf(paths);
    std::vector<Ids> expected;  // token paths, in the tree's order
    for (const DraftPath& path : PathsOf(tree)) {
      Ids tokens;
      for (std::size_t depth = 0; depth < path.size(); ++depth) {
        const auto rank = static_cast<std::size_t>(path[depth]);
        if (rank < candidates[depth].size()) tokens.push_back(candidates[depth][rank]);
      }
      if (tokens.size() == path.size()) expected.push_back(tokens);
    }
    const TokenTree filled = FillTree(tree, 1, candidates);
    std::vector<Ids> actual;
    for (std::size_t row = 1; row < filled.tokens.size(); ++row) {
      Ids tokens;
      for (std::size_t at = row; at != 0; at = static_cast<std::size_t>(filled.parents[at])) {
        tokens.insert(tokens.begin(), filled.tokens[at]);
      }
      actual.push_back(tokens);
    }
    EXPECT_EQ(actual, expected) << round;
  }
}

}  // namespace
}  // namespace jupiter

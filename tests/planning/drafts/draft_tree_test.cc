// Draft trees: what a file says comes back, and what is no tree is refused in one line.
#include "planning/drafts/draft_tree.h"

#include <algorithm>
#include <random>
#include <set>

#include "planning/drafts/draft_tree_file.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

using PathList = std::vector<DraftPath>;

std::string TreeRefusal(const std::string& text) {
  return RefusalOf([&] { ParseDraftTree(text, "t.yaml"); });
}

DraftTree Parsed(const std::string& text) { return ParseDraftTree(text, "t.yaml"); }

// Any tree: grown by random children, in random order.
PathList RandomPaths(std::mt19937& random, std::size_t nodes) {
  std::set<DraftPath> paths;
  PathList grown = {{}};
  while (paths.size() < nodes) {
    DraftPath path = grown[random() % grown.size()];
    if (path.size() == kMostDraftDepth) continue;
    path.push_back(static_cast<int>(random() % 7));
    if (paths.insert(path).second) grown.push_back(path);
  }
  PathList shuffled(paths.begin(), paths.end());
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  return shuffled;
}

TEST(DraftTreeTest, NodesStandByDepthThenPath) {
  const DraftTree tree = Parsed("[[1, 0], [0], [0, 2], [1], [0, 0], [0, 0, 1]]");
  EXPECT_EQ(PathsOf(tree), (PathList{{0}, {1}, {0, 0}, {0, 2}, {1, 0}, {0, 0, 1}}));
  const std::vector<DraftTree::Node> nodes = {{-1, 0, 1}, {-1, 1, 1}, {0, 0, 2},
                                              {0, 2, 2},  {1, 0, 2},  {2, 1, 3}};
  EXPECT_EQ(tree.nodes, nodes);
  EXPECT_EQ(tree.rows(), 7);
  EXPECT_EQ(tree.depth(), 3);
  EXPECT_EQ(tree.Widths(), (std::vector<int>{2, 3, 2}));
  EXPECT_EQ(ToParents(tree), (std::vector<std::int32_t>{-1, 0, 0, 1, 1, 2, 3}));
}

TEST(DraftTreeTest, RootAlone) {
  const DraftTree tree;
  EXPECT_EQ(tree.rows(), 1);
  EXPECT_EQ(tree.depth(), 0);
  EXPECT_EQ(ToParents(tree), std::vector<std::int32_t>{-1});
  EXPECT_EQ(ChainTree(0), tree);
  EXPECT_EQ(StarTree(0), tree);
}

TEST(DraftTreeTest, ChainsAndStars) {
  EXPECT_EQ(PathsOf(ChainTree(3)), (PathList{{0}, {0, 0}, {0, 0, 0}}));
  EXPECT_EQ(PathsOf(StarTree(3)), (PathList{{0}, {1}, {2}}));
  EXPECT_EQ(ToParents(ChainTree(3)), (std::vector<std::int32_t>{-1, 0, 1, 2}));
  EXPECT_EQ(ToParents(StarTree(3)), (std::vector<std::int32_t>{-1, 0, 0, 0}));
}

TEST(DraftTreeTest, RandomTreesComeBack) {
  std::mt19937 random(1);
  for (const std::size_t nodes : {1, 2, 10, 63, 1023}) {
    const PathList paths = RandomPaths(random, nodes);
    const DraftTree tree = TreeOf(paths);
    ASSERT_EQ(tree.nodes.size(), nodes);
    PathList sorted = paths;
    std::sort(sorted.begin(), sorted.end(), [](const DraftPath& a, const DraftPath& b) {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    EXPECT_EQ(PathsOf(tree), sorted);
    EXPECT_EQ(Parsed(ToYaml(tree)), tree);
    const std::vector<std::int32_t> parents = ToParents(tree);
    for (std::size_t row = 1; row < parents.size(); ++row) {
      EXPECT_GE(parents[row], 0);
      EXPECT_LT(parents[row], static_cast<std::int32_t>(row));
    }
    EXPECT_LE(ToYaml(tree).find('\n', ToYaml(tree).find("[[")), 140u);
  }
}

TEST(DraftTreeTest, FilesHaveALinePerDepth) {
  EXPECT_EQ(ToYaml(Parsed("[[0], [1], [0, 0], [1, 2], [0, 0, 0]]")),
            "jupiter_tree: 1\n"
            "paths:\n"
            "  [[0], [1],\n"
            "   [0, 0], [1, 2],\n"
            "   [0, 0, 0]]\n");
}

TEST(DraftTreeTest, ListsMapsAndMedusasOwnNotation) {
  const DraftTree tree = TreeOf({{0}, {1}, {0, 3}});
  EXPECT_EQ(Parsed("jupiter_tree: 1\npaths:\n  - [0]\n  - [1]\n  - [0, 3]\n"), tree);
  EXPECT_EQ(Parsed("- [0]\n- - 1\n- [0, 3]  # comment\n"), tree);
  EXPECT_EQ(Parsed("some_tree = [[0], [0, 3],\n [1]]"), tree);
  EXPECT_EQ(Parsed("\nsome_tree=[(0,), (0, 3), (1,)]\n"), tree);
  EXPECT_EQ(Parsed("[(0,), (0, 3,), (1,),]"), tree);
  EXPECT_EQ(TreeRefusal("a = [[0]]\n\nb = [[1]]\n"),
            "t.yaml: line 3: a second tree (NAME = ...), expected one; keep one list");
}

TEST(DraftTreeTest, WhatIsNoTreeIsNamed) {
  EXPECT_EQ(TreeRefusal("[[0],\n [2, 1]]"),
            "t.yaml: line 2: [1]: the path [2, 1] hangs on [2], which is not in the tree; add it");
  EXPECT_EQ(TreeRefusal("jupiter_tree: 1\npaths: [[0], [0, 0, 0]]"),
            "t.yaml: line 2: paths[1]: the path [0, 0, 0] hangs on [0, 0], which is not in the "
            "tree; add it");
  EXPECT_EQ(TreeRefusal("[[0], [1], [0]]"),
            "t.yaml: line 1: [2]: the path [0] stands at [0], too; keep one");
  EXPECT_EQ(TreeRefusal("[[0], [-1]]"),
            "t.yaml: line 1: [1][0]: expected a whole number from 0 to 1022, got \"-1\"");
  EXPECT_EQ(TreeRefusal("[[0], [1023]]"),
            "t.yaml: line 1: [1][0]: expected a whole number from 0 to 1022, got \"1023\"");
  EXPECT_EQ(TreeRefusal("[[0.5]]"),
            "t.yaml: line 1: [0][0]: expected a whole number from 0 to 1022, got \"0.5\"");
  EXPECT_EQ(TreeRefusal("[[0], 1]"),
            "t.yaml: line 1: [1]: expected a list (lines that begin with -), got \"1\"");
  EXPECT_EQ(TreeRefusal("[[[0]]]"),
            "t.yaml: line 1: [0][0]: expected a whole number from 0 to 1022, got a list of 1");
}

TEST(DraftTreeTest, SizesAreLimited) {
  EXPECT_EQ(TreeRefusal(""), "t.yaml: line 1: the file is empty, expected keys and values in YAML");
  EXPECT_EQ(TreeRefusal("[]"), "t.yaml: line 1: expected a list of 1 to 1023, got 0");
  EXPECT_EQ(TreeRefusal("[[0], []]"), "t.yaml: line 1: [1]: expected a list of 1 to 16, got 0");
  std::string chain = "[[0]";
  std::string path = "0";
  for (int depth = 2; depth <= 16; ++depth) chain += ", [" + (path += ", 0") + "]";
  EXPECT_EQ(Parsed(chain + "]"), ChainTree(16));
  EXPECT_EQ(TreeRefusal(chain + ", [" + path + ", 0]]"),
            "t.yaml: line 1: [16]: expected a list of 1 to 16, got 17");
  std::string wide = "[";
  for (int i = 0; i < 1023; ++i) wide += fmt::format("[{}], ", i);
  EXPECT_EQ(Parsed(wide + "]"), StarTree(1023));
  EXPECT_EQ(TreeRefusal(wide + "[0, 0]]"),
            "t.yaml: line 1: expected a list of 1 to 1023, got 1024");
}

TEST(DraftTreeTest, WrongDocumentsAreNamed) {
  EXPECT_EQ(TreeRefusal("5"),
            "t.yaml: line 1: expected a list of paths such as [[0], [1], [0, 0]], got \"5\"");
  EXPECT_EQ(TreeRefusal("jupiter_tree: 2\npaths: [[0]]"),
            "t.yaml: line 1: jupiter_tree: expected format version 1, got \"2\"");
  EXPECT_EQ(TreeRefusal("jupiter_tree: 1\npath: [[0]]"),
            "t.yaml: line 2: \"path\": unknown key, expected one of jupiter_tree, paths; did you "
            "mean paths?");
  EXPECT_EQ(TreeRefusal("jupiter_tree: 1"), "t.yaml: line 1: paths: missing; add \"paths: ...\"");
  EXPECT_EQ(TreeRefusal("jupiter_tree: 1\npaths: 3"),
            "t.yaml: line 2: paths: expected a list (lines that begin with -), got \"3\"");
  EXPECT_EQ(TreeRefusal("[[0], [1"),
            "t.yaml: line 1: a key that is no word; check brackets and colons");
  EXPECT_EQ(RefusalOf([] { LoadDraftTree("/nonexistent/t.yaml"); }),
            "/nonexistent/t.yaml: no such file, expected a draft tree");
}

}  // namespace
}  // namespace jupiter

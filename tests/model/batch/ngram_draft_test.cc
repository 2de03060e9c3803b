// Drafts by looking up n-grams: against a search through the whole text.
#include "model/batch/ngram_draft.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;

TokenTree DraftOf(const NgramOptions& options, const Ids& text) {
  NgramDraft draft(options);
  draft.Append(text);
  return draft.Draft();
}

TokenTree Chain(const Ids& tokens) {
  TokenTree tree;
  for (std::size_t row = 0; row < tokens.size(); ++row) {
    tree.tokens.push_back(tokens[row]);
    tree.parents.push_back(static_cast<std::int32_t>(row) - 1);
  }
  return tree;
}

// The same by searching: the places of the longest suffix that stands in the text a second time.
std::vector<Ids> Continuations(const NgramOptions& options, const Ids& text) {
  const auto size = static_cast<std::ptrdiff_t>(text.size());
  for (std::ptrdiff_t n = std::min<std::ptrdiff_t>(options.longest, size - 1);
       n >= options.shortest; --n) {
    std::vector<Ids> found;
    for (std::ptrdiff_t end = size - 1; end >= n; --end) {
      if (!std::equal(text.end() - n, text.end(), text.begin() + end - n)) continue;
      Ids extended(text.begin() + end, text.end());
      for (std::size_t i = 0; std::ssize(extended) < options.depth; ++i) {
        extended.push_back(extended[i]);
      }
      extended.resize(static_cast<std::size_t>(options.depth));
      found.push_back(extended);
    }
    if (!found.empty()) return found;
  }
  return {};
}

// Paths of the tree as sets of token sequences.
std::set<Ids> PathsOf(const TokenTree& tree) {
  std::set<Ids> paths;
  for (std::size_t row = 1; row < tree.tokens.size(); ++row) {
    Ids path;
    for (std::size_t at = row; at != 0; at = static_cast<std::size_t>(tree.parents[at])) {
      path.insert(path.begin(), tree.tokens[at]);
    }
    paths.insert(path);
  }
  return paths;
}

std::set<Ids> ExpectedPaths(const NgramOptions& options, const Ids& text) {
  std::set<Ids> paths;
  for (const Ids& continuation : Continuations(options, text)) {
    for (std::size_t length = 1; length <= continuation.size(); ++length) {
      const Ids path(continuation.begin(),
                     continuation.begin() + static_cast<std::ptrdiff_t>(length));
      if (std::ssize(paths) == options.nodes && paths.count(path) == 0) break;
      paths.insert(path);
    }
  }
  return paths;
}

TEST(NgramDraftTest, NothingMatchesNothingIsDrafted) {
  EXPECT_EQ(DraftOf({}, {4}), Chain({4}));
  EXPECT_EQ(DraftOf({}, {1, 2, 3, 4}), Chain({4}));
  EXPECT_EQ(DraftOf({.shortest = 2}, {1, 4, 2, 4}), Chain({4}));
}

TEST(NgramDraftTest, TheNewestMatchContinuesAndRepeats) {
  EXPECT_EQ(DraftOf({.nodes = 3, .depth = 3}, {5, 6, 7, 8, 9, 5, 6}), Chain({6, 7, 8, 9}));
  // After the end of the text the match comes again.
  EXPECT_EQ(DraftOf({.nodes = 5, .depth = 5}, {1, 2, 1, 2}), Chain({2, 1, 2, 1, 2, 1}));
  EXPECT_EQ(DraftOf({.nodes = 4, .depth = 4}, {3, 3}), Chain({3, 3, 3, 3, 3}));
}

TEST(NgramDraftTest, TheLongestMatchWins) {
  // "2 3" comes after 1 first and after 9 later: with three tokens in common the first counts.
  const Ids text = {1, 2, 3, 40, 41, 9, 2, 3, 50, 51, 1, 2, 3};
  EXPECT_EQ(DraftOf({.longest = 3, .nodes = 2, .depth = 2}, text), Chain({3, 40, 41}));
  EXPECT_EQ(DraftOf({.longest = 2, .nodes = 2, .depth = 2}, text), Chain({3, 50, 51}));
}

TEST(NgramDraftTest, SeveralContinuationsShareATree) {
  const Ids text = {1, 10, 11, 1, 20, 21, 1, 10, 12, 1};
  const TokenTree tree = DraftOf({.nodes = 6, .depth = 2}, text);
  EXPECT_EQ(tree.tokens, (Ids{1, 10, 12, 20, 21, 11}));
  EXPECT_EQ(tree.parents, (Ids{-1, 0, 1, 0, 3, 1}));
  EXPECT_EQ(DraftOf({.nodes = 3, .depth = 2}, text).tokens, (Ids{1, 10, 12, 20}));
  EXPECT_EQ(DraftOf({.nodes = 6, .depth = 2, .matches = 1}, text), Chain({1, 10, 12}));
}

TEST(NgramDraftTest, RandomTextsGiveWhatASearchGives) {
  std::mt19937 random(11);
  std::size_t drafted = 0;
  for (int round = 0; round < 300; ++round) {
    const unsigned vocab = 2 + random() % 6;
    NgramOptions options;
    options.shortest = 1 + static_cast<int>(random() % 2);
    options.longest = options.shortest + static_cast<int>(random() % 4);
    options.nodes = 1 + static_cast<int>(random() % 12);
    options.depth = 1 + static_cast<int>(random() % 8);
    options.matches = 1 << 16;
    Ids text;
    NgramDraft draft(options);
    const std::size_t length = 1 + random() % 60;
    while (text.size() < length) {
      const auto token = static_cast<std::int32_t>(random() % vocab);
      text.push_back(token);
      draft.Append(Ids{token});
    }
    const TokenTree tree = draft.Draft();
    EXPECT_EQ(PathsOf(tree), ExpectedPaths(options, text)) << round;
    EXPECT_EQ(PathsOf(tree).size() + 1, tree.tokens.size()) << "a path twice";
    EXPECT_EQ(tree.tokens[0], text.back());
    for (const std::int32_t depth : DepthsOf(tree.parents)) EXPECT_LE(depth, options.depth);
    drafted += tree.tokens.size() - 1;
  }
  EXPECT_GT(drafted, 500u);
}

TEST(NgramDraftTest, TruncatedTextsAreAsIfNeverLonger) {
  std::mt19937 random(13);
  NgramDraft trial({.nodes = 20, .depth = 4});
  Ids text;
  for (int round = 0; round < 200; ++round) {
    const auto length = static_cast<std::ptrdiff_t>(random() % (text.size() + 1));
    if (round % 3 == 0) {
      text.resize(static_cast<std::size_t>(length));
      trial.Truncate(text.size());
    }
    Ids more(1 + random() % 5);
    for (std::int32_t& token : more) token = static_cast<std::int32_t>(random() % 4);
    text.insert(text.end(), more.begin(), more.end());
    trial.Append(more);
    ASSERT_EQ(trial.size(), text.size());
    ASSERT_EQ(trial.Draft(), DraftOf({.nodes = 20, .depth = 4}, text)) << round;
  }
}

TEST(NgramDraftTest, OptionsOutOfRangeAreRefused) {
  const auto refusal = [](const NgramOptions& options) -> std::string {
    try {
      NgramDraft draft(options);
    } catch (const UserError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(refusal({}), "no error");
  EXPECT_EQ(refusal({.longest = 1, .shortest = 2}),
            "n-gram drafts: the longest match is 1, expected 2 to 64");
  EXPECT_EQ(refusal({.shortest = 0}), "n-gram drafts: the shortest match is 0, expected 1 to 64");
  EXPECT_EQ(refusal({.nodes = 0}), "n-gram drafts: the number of nodes is 0, expected 1 to 1023");
  EXPECT_EQ(refusal({.nodes = 1024}),
            "n-gram drafts: the number of nodes is 1024, expected 1 to 1023");
  EXPECT_EQ(refusal({.depth = 0}), "n-gram drafts: the depth is 0, expected 1 to 1023");
  EXPECT_EQ(refusal({.matches = 0}),
            "n-gram drafts: the number of matches is 0, expected 1 to 65536");
}

}  // namespace
}  // namespace jupiter

#include "model/tokenizers/merge_pairs.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace jupiter {
namespace {

// Pairs of texts with a priority.
class TableRule final : public MergeRule {
 public:
  std::optional<Merge> Find(std::string_view text, const Symbol& left,
                            const Symbol& right) const override {
    const auto found = table_.find({std::string(text.substr(left.begin, left.size)),
                                    std::string(text.substr(right.begin, right.size))});
    if (found == table_.end()) return std::nullopt;
    return found->second;
  }
  void Add(const std::string& left, const std::string& right, Merge merge) {
    table_[{left, right}] = merge;
  }

 private:
  std::map<std::pair<std::string, std::string>, Merge> table_;
};

std::vector<Symbol> Letters(std::string_view text) {
  std::vector<Symbol> symbols;
  for (std::size_t i = 0; i < text.size(); ++i) symbols.push_back({i, 1, text[i]});
  return symbols;
}

// The definition: look at all pairs, merge the first of the best, begin again.
std::vector<Symbol> MergePlainly(std::string_view text, std::vector<Symbol> symbols,
                                 const MergeRule& rule) {
  for (;;) {
    std::optional<Merge> best;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const std::optional<Merge> merge = rule.Find(text, symbols[i], symbols[i + 1]);
      if (!merge || (best && best->priority >= merge->priority)) continue;
      best = merge;
      place = i;
    }
    if (!best) return symbols;
    symbols[place].size += symbols[place + 1].size;
    symbols[place].id = best->id;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

std::vector<std::string> Texts(std::string_view text, const std::vector<Symbol>& symbols) {
  std::vector<std::string> texts;
  for (const Symbol& symbol : symbols) texts.emplace_back(text.substr(symbol.begin, symbol.size));
  return texts;
}

TEST(MergePairsTest, LeftmostOfEqualPairsMergesFirst) {
  TableRule rule;
  rule.Add("a", "a", {1, 300});
  const std::string text = "aaaaa";
  const std::vector<Symbol> merged = MergePairs(text, Letters(text), rule);
  EXPECT_EQ(Texts(text, merged), (std::vector<std::string>{"aa", "aa", "a"}));
  EXPECT_EQ(merged[0].id, 300);
  EXPECT_EQ(merged[2].id, 'a');
}

TEST(MergePairsTest, BestPairMergesBeforeThoseOnItsLeft) {
  TableRule rule;
  rule.Add("a", "b", {1, 300});
  rule.Add("b", "c", {2, 301});
  const std::string text = "abc";
  EXPECT_EQ(Texts(text, MergePairs(text, Letters(text), rule)),
            (std::vector<std::string>{"a", "bc"}));
}

TEST(MergePairsTest, NothingToMerge) {
  EXPECT_TRUE(MergePairs("", {}, TableRule()).empty());
  EXPECT_EQ(MergePairs("a", Letters("a"), TableRule()).size(), 1u);
  EXPECT_EQ(MergePairs("ab", Letters("ab"), TableRule()).size(), 2u);
}

TEST(MergePairsTest, AgreesWithTheDefinition) {
  std::mt19937 random(3);
  const auto letters = [&random](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text.push_back(static_cast<char>('a' + random() % 3));
    return text;
  };
  for (int trial = 0; trial < 500; ++trial) {
    TableRule rule;
    for (int i = 0; i < 25; ++i) {
      rule.Add(letters(1 + random() % 3), letters(1 + random() % 3),
               {static_cast<double>(random() % 6), 300 + i});
    }
    const std::string text = letters(random() % 40);
    const std::vector<Symbol> got = MergePairs(text, Letters(text), rule);
    const std::vector<Symbol> expected = MergePlainly(text, Letters(text), rule);
    ASSERT_EQ(Texts(text, got), Texts(text, expected)) << text;
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i].id, expected[i].id);
  }
}

}  // namespace
}  // namespace jupiter

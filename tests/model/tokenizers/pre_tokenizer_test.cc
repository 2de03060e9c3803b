#include "model/tokenizers/pre_tokenizer.h"

#include <gtest/gtest.h>

#include <functional>

#include "model/tokenizers/unicode.h"
#include "model/tokenizers/utf8.h"
#include "tests/model/tokenizers/random_text.h"

namespace jupiter {
namespace {

using Words = std::vector<std::string>;

constexpr WordRule kRules[] = {WordRule::kGpt2, WordRule::kLlama3, WordRule::kQwen2};

Words Split(WordRule rule, std::string_view text) {
  const std::vector<std::string_view> words = SplitWords(rule, text);
  return {words.begin(), words.end()};
}

// Each case cites the alternative of the regular expression that makes it.

TEST(PreTokenizerTest, Gpt2) {
  const auto split = [](std::string_view text) { return Split(WordRule::kGpt2, text); };
  // 's|'t|'re|'ve|'m|'ll|'d, lower case only
  EXPECT_EQ(split("it's we'll I'M"), (Words{"it", "'s", " we", "'ll", " I", "'", "M"}));
  EXPECT_EQ(split("'tis 'r"), (Words{"'t", "is", " '", "r"}));
  //  ?\p{L}+ takes one space, not a tab
  EXPECT_EQ(split("a b\tc"), (Words{"a", " b", "\t", "c"}));
  //  ?\p{N}+ of any length, with a space
  EXPECT_EQ(split("x12345 678"), (Words{"x", "12345", " 678"}));
  //  ?[^\s\p{L}\p{N}]+ ends at a newline
  EXPECT_EQ(split("a !?\nb"), (Words{"a", " !?", "\n", "b"}));
  // \s+(?!\S) leaves the last space to the word; \s+ takes what is left
  EXPECT_EQ(split("a   b"), (Words{"a", "  ", " b"}));
  EXPECT_EQ(split("a \n b  "), (Words{"a", " \n", " b", "  "}));
  EXPECT_EQ(split("\n\nx"), (Words{"\n", "\n", "x"}));
  EXPECT_EQ(split("  's"), (Words{" ", " '", "s"}));
}

TEST(PreTokenizerTest, Llama3) {
  const auto split = [](std::string_view text) { return Split(WordRule::kLlama3, text); };
  // (?i:'s|'t|'re|'ve|'m|'ll|'d): any case; U+017F folds to s
  EXPECT_EQ(split("IT'S we'Ll x'\u017f"), (Words{"IT", "'S", " we", "'Ll", " x", "'\u017f"}));
  // [^\r\n\p{L}\p{N}]?\p{L}+: one leading character, be it a space, tab or mark
  EXPECT_EQ(split("a\tb (c _d"), (Words{"a", "\tb", " (", "c", " _", "d"}));
  EXPECT_EQ(split("(c\u00a0d"), (Words{"(c", "\u00a0d"}));
  EXPECT_EQ(split("'xyz"), (Words{"'xyz"}));
  EXPECT_EQ(split("a\nb"), (Words{"a", "\n", "b"}));
  // \p{N}{1,3}: at most three, never with the space
  EXPECT_EQ(split("1234567 8"), (Words{"123", "456", "7", " ", "8"}));
  EXPECT_EQ(split("a1\u00bd\u06633"), (Words{"a", "1\u00bd\u0663", "3"}));
  //  ?[^\s\p{L}\p{N}]+[\r\n]*: newlines stay with the marks
  EXPECT_EQ(split("x !!\r\n\ny"), (Words{"x", " !!\r\n\n", "y"}));
  // \s*[\r\n]+: spaces up to the last newline
  EXPECT_EQ(split("a \n \n  b"), (Words{"a", " \n \n", " ", " b"}));
  // \s+(?!\S) and \s+
  EXPECT_EQ(split("a   b  "), (Words{"a", "  ", " b", "  "}));
  EXPECT_EQ(split("  1"), (Words{" ", " ", "1"}));
}

TEST(PreTokenizerTest, Qwen2) {
  const auto split = [](std::string_view text) { return Split(WordRule::kQwen2, text); };
  // \p{N}: one number each
  EXPECT_EQ(split("v2024 5"), (Words{"v", "2", "0", "2", "4", " ", "5"}));
  // the rest as Llama 3
  EXPECT_EQ(split("I'M (ok)\n\n x"), (Words{"I", "'M", " (", "ok", ")\n\n", " x"}));
}

// A regular expression as data, matched by backtracking: the plain twin of the scanner.
struct Piece {
  std::function<bool(char32_t)> takes;
  std::size_t least = 1;
  std::size_t most = 1;
};

struct Alternative {
  std::vector<Piece> pieces;
  bool not_before_text = false;  // (?!\S) at the end
};

bool IsSpace(char32_t c) { return Classify(c) == CharClass::kSpace; }

// The end of the match, or npos; greedy, giving back one character at a time.
std::size_t Match(const Alternative& alternative, std::size_t piece, const std::u32string& text,
                  std::size_t at) {
  if (piece == alternative.pieces.size()) {
    const bool fails = alternative.not_before_text && at < text.size() && !IsSpace(text[at]);
    return fails ? std::u32string::npos : at;
  }
  const Piece& now = alternative.pieces[piece];
  std::size_t count = 0;
  while (count < now.most && at + count < text.size() && now.takes(text[at + count])) ++count;
  for (; count + 1 > now.least; --count) {
    const std::size_t end = Match(alternative, piece + 1, text, at + count);
    if (end != std::u32string::npos) return end;
    if (count == 0) break;
  }
  return std::u32string::npos;
}

std::vector<Alternative> Grammar(WordRule rule) {
  constexpr std::size_t kMany = 1000;
  const auto kind = [](CharClass c) { return [c](char32_t x) { return Classify(x) == c; }; };
  const auto letter = kind(CharClass::kLetter);
  const auto number = kind(CharClass::kNumber);
  const auto other = kind(CharClass::kOther);
  const auto newline = [](char32_t x) { return x == '\r' || x == '\n'; };
  const auto blank = [](char32_t x) { return x == ' '; };
  const auto lead = [=](char32_t x) { return !newline(x) && !letter(x) && !number(x); };
  const bool gpt2 = rule == WordRule::kGpt2;
  const auto exactly = [gpt2](char32_t c) {
    return Piece{[=](char32_t x) { return x == c || (!gpt2 && c != '\'' && x == c - 32); }};
  };
  std::vector<Alternative> grammar;
  for (std::u32string_view word : {U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"}) {
    Alternative alternative;
    for (char32_t c : word) alternative.pieces.push_back(exactly(c));
    grammar.push_back(alternative);
  }
  const Piece maybe_blank = {blank, 0, 1};
  if (gpt2) {
    grammar.push_back({{maybe_blank, {letter, 1, kMany}}});
    grammar.push_back({{maybe_blank, {number, 1, kMany}}});
    grammar.push_back({{maybe_blank, {other, 1, kMany}}});
  } else {
    const std::size_t most = rule == WordRule::kLlama3 ? 3 : 1;
    grammar.push_back({{{lead, 0, 1}, {letter, 1, kMany}}});
    grammar.push_back({{{number, 1, most}}});
    grammar.push_back({{maybe_blank, {other, 1, kMany}, {newline, 0, kMany}}});
    grammar.push_back({{{IsSpace, 0, kMany}, {newline, 1, kMany}}});
  }
  grammar.push_back({{{IsSpace, 1, kMany}}, true});
  grammar.push_back({{{IsSpace, 1, kMany}}});
  return grammar;
}

Words SplitPlainly(WordRule rule, const std::u32string& text) {
  const std::vector<Alternative> grammar = Grammar(rule);
  Words words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::u32string::npos;
    for (std::size_t i = 0; end == std::u32string::npos && i < grammar.size(); ++i) {
      end = Match(grammar[i], 0, text, at);
    }
    std::string word;
    for (; at < end; ++at) AppendUtf8(text[at], word);
    words.push_back(word);
  }
  return words;
}

TEST(PreTokenizerTest, AgreesWithTheRegularExpressions) {
  constexpr std::u32string_view kAlphabet =
      U"  \n\r\t\u00a0''sStTrReEvVmMlLdDx\u0431\u4e0017\u00bd!-\u0301\U0001f680";
  std::mt19937 random(11);
  for (int trial = 0; trial < 4000; ++trial) {
    std::u32string text;
    std::string bytes;
    for (std::size_t i = random() % 25; i > 0; --i) {
      text.push_back(kAlphabet[random() % kAlphabet.size()]);
      AppendUtf8(text.back(), bytes);
    }
    for (WordRule rule : kRules) ASSERT_EQ(Split(rule, bytes), SplitPlainly(rule, text)) << bytes;
  }
}

TEST(PreTokenizerTest, WordsCoverAnyBytes) {
  std::mt19937 random(12);
  for (int trial = 0; trial < 1000; ++trial) {
    const std::string text = RandomBytes(random, random() % 50);
    for (WordRule rule : kRules) {
      std::string joined;
      for (const std::string& word : Split(rule, text)) {
        ASSERT_FALSE(word.empty());
        joined += word;
      }
      ASSERT_EQ(joined, text);
    }
  }
}

TEST(PreTokenizerTest, InvalidBytesAreMarks) {
  EXPECT_EQ(Split(WordRule::kGpt2,
                  "a\xff\xfe"
                  "b"),
            (Words{"a", "\xff\xfe", "b"}));
  EXPECT_EQ(Split(WordRule::kLlama3, " \xe2\x82\n"), (Words{" \xe2\x82\n"}));
}

}  // namespace
}  // namespace jupiter

#include "model/outline/text_stop.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/model/outline/toy_tokenizer.h"

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;
using Strings = std::vector<std::string>;

struct Outcome {
  std::string text;
  StopReason reason = StopReason::kNone;
  int tokens = 0;
  bool operator==(const Outcome&) const = default;
};

Ids Bytes(std::string_view text) { return ToyTokenizer().EncodeContinuation(text); }

Outcome StopIn(const Tokenizer& tokenizer, const StopRule& rule, const Ids& ids) {
  TextStop stop(&tokenizer, rule);
  Outcome outcome;
  for (std::int32_t id : ids) {
    if (stop.over()) break;
    outcome.text += stop.Push(id);
  }
  outcome.reason = stop.reason();
  outcome.tokens = stop.tokens();
  return outcome;
}

TEST(TextStopTest, EndToken) {
  const ToyTokenizer tokenizer;  // </s> is 257
  Ids ids = Bytes("Dogs");
  ids.push_back(257);
  EXPECT_EQ(StopIn(tokenizer, {{257}, 10, {}}, ids), (Outcome{"Dogs", StopReason::kEnd, 4}));
  // What could have become a marker was none.
  EXPECT_EQ(StopIn(tokenizer, {{257}, 10, {"s END"}}, ids), (Outcome{"Dogs", StopReason::kEnd, 4}));
  EXPECT_EQ(StopIn(tokenizer, {{257}, 10, {}}, {257}), (Outcome{"", StopReason::kEnd, 0}));
}

TEST(TextStopTest, Length) {
  const ToyTokenizer tokenizer;
  EXPECT_EQ(StopIn(tokenizer, {{257}, 2, {}}, Bytes("Dogs")),
            (Outcome{"Do", StopReason::kLength, 2}));
  EXPECT_EQ(StopIn(tokenizer, {{257}, 4, {"s\n2."}}, Bytes("Dogs")),
            (Outcome{"Dogs", StopReason::kLength, 4}));
  EXPECT_EQ(StopIn(tokenizer, {{257}, 9, {}}, Bytes("Dogs")),
            (Outcome{"Dogs", StopReason::kNone, 4}));
}

TEST(TextStopTest, MarkerCutsTheText) {
  const ToyTokenizer tokenizer({"gs\n", "2. Cats", "x END y"});
  EXPECT_EQ(StopIn(tokenizer, {{257}, 99, {"\n2."}}, Bytes("Dogs\n2. Cats")),
            (Outcome{"Dogs", StopReason::kMarker, 7}));
  // Over tokens, and inside of one.
  EXPECT_EQ(StopIn(tokenizer, {{}, 99, {"\n2."}}, {'D', 'o', 256, 257}),
            (Outcome{"Dogs", StopReason::kMarker, 4}));
  EXPECT_EQ(StopIn(tokenizer, {{}, 99, {"END"}}, {258, 'z'}),
            (Outcome{"x ", StopReason::kMarker, 1}));
  // The first of several, and at the very beginning.
  EXPECT_EQ(StopIn(tokenizer, {{}, 99, {"D y", "END", "ND"}}, {258}),
            (Outcome{"x ", StopReason::kMarker, 1}));
  EXPECT_EQ(StopIn(tokenizer, {{}, 99, {"x"}}, {258}), (Outcome{"", StopReason::kMarker, 1}));
}

TEST(TextStopTest, MarkersOfWhiteSpaceCountBehindText) {
  const ToyTokenizer tokenizer;
  EXPECT_EQ(StopIn(tokenizer, {{}, 99, {"\n"}}, Bytes("\n Dogs\nCats")),
            (Outcome{"\n Dogs", StopReason::kMarker, 7}));
  EXPECT_EQ(StopIn(tokenizer, {{}, 99, {"\n\n"}}, Bytes("\n\nDogs\n \n\nCats")),
            (Outcome{"\n\nDogs\n ", StopReason::kMarker, 10}));
}

TEST(TextStopTest, HoldsBackOnlyWhatCouldBeAMarker) {
  const ToyTokenizer tokenizer;
  TextStop stop(&tokenizer, {{}, 99, {"\n2."}});
  EXPECT_EQ(stop.Push('a'), "a");
  EXPECT_EQ(stop.Push('\n'), "");
  EXPECT_EQ(stop.Push('\n'), "\n");
  EXPECT_EQ(stop.Push('2'), "");
  EXPECT_EQ(stop.Push('b'), "\n2b");
  EXPECT_FALSE(stop.over());
}

TEST(TextStopTest, UnfinishedCharacters) {
  const ToyTokenizer tokenizer;
  EXPECT_EQ(StopIn(tokenizer, {{}, 2, {}}, Bytes("\u00e9")),
            (Outcome{"\u00e9", StopReason::kLength, 2}));
  EXPECT_EQ(StopIn(tokenizer, {{}, 1, {}}, Bytes("\u00e9")),
            (Outcome{"\ufffd", StopReason::kLength, 1}));
}

TEST(TextStopTest, WithoutATokenizer) {
  TextStop stop(nullptr, {{7}, 3, {}});
  EXPECT_EQ(stop.Push(5), "");
  EXPECT_FALSE(stop.over());
  EXPECT_EQ(stop.Push(7), "");
  EXPECT_EQ(stop.reason(), StopReason::kEnd);
  EXPECT_EQ(stop.tokens(), 1);
  EXPECT_DEATH(stop.Push(5), "behind the end");
  EXPECT_DEATH(TextStop(nullptr, {{}, 3, {"x"}}), "without a tokenizer");
  EXPECT_DEATH(TextStop(nullptr, {{}, 0, {}}), "0 tokens");
}

bool IsWhite(const std::string& text) { return text.find_first_not_of(" \n") == std::string::npos; }

// The whole text is looked at anew after every token.
Outcome Reference(const Strings& pieces, const StopRule& rule, const Ids& ids) {
  std::string text;
  int tokens = 0;
  for (std::int32_t id : ids) {
    if (!rule.end_ids.empty() && id == rule.end_ids[0]) return {text, StopReason::kEnd, tokens};
    text += pieces[static_cast<std::size_t>(id - ToyTokenizer::PieceId(0))];
    ++tokens;
    std::size_t cut = std::string::npos;
    for (const std::string& marker : rule.markers) {
      const std::size_t visible = std::min(text.find_first_not_of(" \n"), text.size());
      cut = std::min(cut, text.find(marker, IsWhite(marker) ? visible : 0));
    }
    if (cut != std::string::npos) return {text.substr(0, cut), StopReason::kMarker, tokens};
    if (tokens == rule.max_tokens) return {text, StopReason::kLength, tokens};
  }
  return {text, StopReason::kNone, tokens};
}

TEST(TextStopTest, RandomTextsAgreeWithTheReference) {
  const Strings pieces = {"a", "b", "ab", "\n", "\n\n", " ", "\n2", "2.", "a\n2.b", "", ".", " \n"};
  const Strings markers = {"\n2.", "\n", "\n\n", "ab", "2.2.", "\n2.\n", "aab", " \n"};
  const ToyTokenizer tokenizer(pieces);
  const std::int32_t end = tokenizer.end_ids()[0];
  std::mt19937 random(5);
  int reasons[4] = {};
  for (int round = 0; round < 20'000; ++round) {
    StopRule rule{{end}, 1 + static_cast<int>(random() % 30), {}};
    for (std::size_t i = random() % 3; i > 0; --i) {
      rule.markers.push_back(markers[random() % markers.size()]);
    }
    Ids ids;
    for (std::size_t size = random() % 25; size > 0; --size) {
      const bool ends = random() % 25 == 0;
      ids.push_back(ends ? end : ToyTokenizer::PieceId(static_cast<int>(random() % pieces.size())));
    }
    const Outcome expected = Reference(pieces, rule, ids);
    Outcome outcome = StopIn(tokenizer, rule, ids);
    ++reasons[static_cast<int>(expected.reason)];
    ASSERT_EQ(outcome.reason, expected.reason) << round;
    ASSERT_EQ(outcome.tokens, expected.tokens) << round;
    if (expected.reason == StopReason::kNone) {  // the rest is still held back
      ASSERT_TRUE(expected.text.starts_with(outcome.text)) << round;
    } else {
      ASSERT_EQ(outcome.text, expected.text) << round;
    }
  }
  for (int count : reasons) EXPECT_GT(count, 500);
}

}  // namespace
}  // namespace jupiter

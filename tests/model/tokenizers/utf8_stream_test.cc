#include <gtest/gtest.h>

#include "model/tokenizers/tokenizer.h"
#include "model/tokenizers/utf8.h"
#include "model/tokenizers/utf8_stream.h"
#include "tests/model/tokenizers/random_text.h"

namespace jupiter {
namespace {

constexpr std::string_view kText = "a\u00e9\u20ac\U0001f680 z\u0431\n";

bool IsWhole(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char c = NextUtf8(text);
    if (c.status != Utf8Status::kValid) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

TEST(Utf8StreamTest, GivesWholeCharactersAtEverySplit) {
  for (std::size_t first = 0; first <= kText.size(); ++first) {
    for (std::size_t second = first; second <= kText.size(); ++second) {
      Utf8Stream stream;
      std::string all;
      for (std::string_view part :
           {kText.substr(0, first), kText.substr(first, second - first), kText.substr(second)}) {
        const std::string out = stream.Push(part);
        EXPECT_TRUE(IsWhole(out)) << first << " " << second;
        all += out;
      }
      EXPECT_EQ(all, kText);
      EXPECT_EQ(stream.Finish(), "");
    }
  }
}

TEST(Utf8StreamTest, GivesACharacterWithItsLastByte) {
  Utf8Stream stream;
  EXPECT_EQ(stream.Push("\xf0"), "");
  EXPECT_EQ(stream.Push("\x9f\x9a"), "");
  EXPECT_EQ(stream.Push("\x80"), "\U0001f680");
}

TEST(Utf8StreamTest, ReplacesInvalidBytesAtOnce) {
  Utf8Stream stream;
  EXPECT_EQ(stream.Push("a\xff"
                        "b"),
            "a\ufffd"
            "b");
  EXPECT_EQ(stream.Push("\xe2\x96"), "");
  EXPECT_EQ(stream.Push("c"),
            "\ufffd"
            "c");
  EXPECT_EQ(stream.Finish(), "");
}

TEST(Utf8StreamTest, FinishGivesWhatNeverBecameACharacter) {
  Utf8Stream stream;
  EXPECT_EQ(stream.Push("x\xf0\x9f\x9a"), "x");
  EXPECT_EQ(stream.Finish(), "\ufffd");
  EXPECT_EQ(stream.Finish(), "");
  EXPECT_EQ(stream.Push("y"), "y");  // as good as new
}

TEST(Utf8StreamTest, SplitsDoNotChangeWhatRandomBytesBecome) {
  std::mt19937 random(5);
  for (int trial = 0; trial < 500; ++trial) {
    const std::string bytes = RandomBytes(random, 1 + random() % 30) + RandomUtf8(random, 5);
    Utf8Stream whole;
    const std::string expected = whole.Push(bytes) + whole.Finish();
    Utf8Stream single;
    std::string got;
    for (char c : bytes) got += single.Push({&c, 1});
    got += single.Finish();
    EXPECT_EQ(got, expected);
    EXPECT_TRUE(IsWhole(got));
  }
}

}  // namespace
}  // namespace jupiter

#include "model/tokenizers/unicode.h"

#include <gtest/gtest.h>

#include <string_view>

#include "model/tokenizers/utf8.h"

namespace jupiter {
namespace {

TEST(UnicodeTest, ClassesOfKnownCharacters) {
  for (char32_t c :
       std::u32string_view(U"azAZ\u00aa\u00b5\u00df\u017f\u0431\u05d0\u0e01\u4e00\uac00"
                           U"\u02b0\U00020000\U0001d400")) {
    EXPECT_EQ(Classify(c), CharClass::kLetter) << static_cast<std::uint32_t>(c);
  }
  for (char32_t c : std::u32string_view(U"09\u00b2\u00bd\u0663\u2160\u3007\U0001d7ce")) {
    EXPECT_EQ(Classify(c), CharClass::kNumber) << static_cast<std::uint32_t>(c);
  }
  for (char32_t c :
       std::u32string_view(U"\t\n\v\f\r \u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u205f"
                           U"\u3000")) {
    EXPECT_EQ(Classify(c), CharClass::kSpace) << static_cast<std::uint32_t>(c);
  }
  // Marks, joiners and U+180E (no white space since Unicode 6.3) are none of these.
  for (char32_t c :
       std::u32string_view(U"!_\x1c\u00d7\u0301\u17d2\u180e\u200b\u200d\ufffd\U0001f680")) {
    EXPECT_EQ(Classify(c), CharClass::kOther) << static_cast<std::uint32_t>(c);
  }
  EXPECT_EQ(Classify(0xffffffff), CharClass::kOther);
}

TEST(UnicodeTest, RangesAscend) {
  for (std::span<const UnicodeRange> ranges : {LetterRanges(), NumberRanges()}) {
    ASSERT_FALSE(ranges.empty());
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      EXPECT_LE(ranges[i].first, ranges[i].last);
      if (i > 0) {
        EXPECT_LT(ranges[i - 1].last + 1, ranges[i].first);
      }
    }
  }
}

TEST(Utf8Test, EveryCodePointReadsBack) {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    std::string text;
    AppendUtf8(c, text);
    const Utf8Char read = NextUtf8(text);
    ASSERT_EQ(read.status, Utf8Status::kValid) << static_cast<std::uint32_t>(c);
    ASSERT_EQ(read.code_point, c);
    ASSERT_EQ(read.size, text.size());
  }
}

TEST(Utf8Test, RefusesWhatIsNotWellFormed) {
  // Overlong forms, surrogates, above U+10FFFF, stray and missing continuation bytes.
  for (std::string_view text :
       {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xbf", "\xff", "\xc3(", "\xe2(\x81"}) {
    const Utf8Char read = NextUtf8(text);
    EXPECT_EQ(read.status, Utf8Status::kInvalid);
    EXPECT_EQ(read.size, 1u);
  }
  EXPECT_EQ(NextUtf8("\xf0\x9f\x9a(").size, 3u);  // the maximal subpart
}

TEST(Utf8Test, ReplaceAll) {
  EXPECT_EQ(ReplaceAll(" a  b ", " ", "__"), "__a____b__");
  EXPECT_EQ(ReplaceAll("aaa", "aa", "b"), "ba");
  EXPECT_EQ(ReplaceAll("", " ", "_"), "");
}

}  // namespace
}  // namespace jupiter

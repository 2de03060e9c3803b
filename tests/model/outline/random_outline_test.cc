// Outlines made at random, with what models put around and between points, and any bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "kernels/base/check.h"
#include "tests/model/outline/outline_checks.h"

namespace jupiter {
namespace {

using Strings = std::vector<std::string>;

class OutlineMaker {
 public:
  explicit OutlineMaker(std::uint32_t seed) : random_(seed) {}

  // Writes an outline; `expected` becomes what it must be read as.
  std::string Make(ParsedOutline& expected) {
    std::string text = Prose();
    const int points = Below(15);
    for (int i = 0; i < points; ++i) text += Point(expected) + Prose();
    return text;
  }

 private:
  int Below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }
  const std::string& Pick(const Strings& from) {
    return from[static_cast<std::size_t>(Below(static_cast<int>(std::ssize(from))))];
  }
  std::string LineEnd() { return Pick({"\n", "\r\n", "\r", "\n\n", "\n \n"}); }

  std::string Prose() {
    return Below(3) > 0
               ? ""
               : Pick({"Sure!", "Outline:", "That is all", "", "3.5 of them", "**"}) + LineEnd();
  }

  std::string Words() {
    std::string words;
    for (int i = Below(4); i >= 0; --i) {
      words += (words.empty() ? "" : " ") +
               Pick({"dogs", "Cats", "10:30", "v2.", "3.5", "(a)", "\u00e9t\u00e9", "A-B", "x:"});
    }
    return words;
  }

  std::string Label(int number) {
    const std::string digits = fmt::format("{}", number);
    const std::string form = Pick({"#.", "#)", "(#)", " # . ", "**#.**", "#:", "- #.",
                                   "Step #:", "# -", "#\uff0e", "> #)", "#\\."});
    std::string label = form;
    return label.replace(label.find('#'), 1, digits);
  }

  // A line with a point, and with the one of the next number at times.
  std::string Point(ParsedOutline& expected) {
    int number = 1 + Below(20);
    std::string words = Words();
    Expect(expected, number, words);
    std::string line = Label(number) + " " + words;
    while (Below(4) == 0) {
      words = Words();
      Expect(expected, ++number, words);
      line += fmt::format(" {}{} {}", number, Below(2) == 0 ? "." : ")", words);
    }
    return line + Pick({"", " ", ";", ",", " ;"}) + LineEnd();
  }

  static void Expect(ParsedOutline& expected, int number, const std::string& words) {
    std::vector<OutlinePoint>& points = expected.points;
    const auto same = [number](const OutlinePoint& point) { return point.number == number; };
    if (std::any_of(points.begin(), points.end(), same)) {
      ++expected.duplicates;
    } else if (points.size() == 10) {
      ++expected.beyond_cap;
    } else {
      points.push_back({number, words});
    }
  }

  std::mt19937 random_;
};

TEST(RandomOutlineTest, ReadsWhatWasWritten) {
  std::size_t points = 0;
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    ParsedOutline expected;
    const std::string text = OutlineMaker(seed).Make(expected);
    const ParsedOutline outline = ParseOutline(text);
    ASSERT_EQ(OutlineText(outline.points), OutlineText(expected.points)) << seed << ":\n" << text;
    ASSERT_EQ(outline.duplicates, expected.duplicates) << seed << ":\n" << text;
    ASSERT_EQ(outline.beyond_cap, expected.beyond_cap) << seed << ":\n" << text;
    ASSERT_EQ(WhatIsWrong(outline, text, kMostOutlinePoints), "") << seed << ":\n" << text;
    points += outline.points.size();
  }
  EXPECT_GT(points, 10'000u);  // the texts were outlines
}

TEST(RandomOutlineTest, AnyBytes) {
  std::mt19937 random(7);
  const Strings pieces = {"1",  "2", "3",      ".",    ")",      "(",      ":",  " ",     "\n",
                          "\r", "*", "**",     "-",    "\\",     "\u2022", "\t", "point", "Step",
                          ",",  ";", "\u3001", "\xff", "\u2014", "x",      "#",  "99",    "0"};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t size = random() % 60; size > 0; --size)
      text += pieces[random() % pieces.size()];
    const int most = 1 + static_cast<int>(random() % 10);
    ASSERT_EQ(WhatIsWrong(ParseOutline(text, most), text, most), "") << text;
  }
}

TEST(RandomOutlineTest, LongLinesTakeLinearTime) {
  // A million bytes; a quadratic reader would need minutes.
  for (const char* piece : {"1. ", "1. a ", "2 ", "point ", "(", "**", " ", "1.\n", "- "}) {
    std::string text = "1. x ";
    while (text.size() < 1'000'000) text += piece;
    EXPECT_EQ(WhatIsWrong(ParseOutline(text), text, kMostOutlinePoints), "") << piece;
  }
}

}  // namespace
}  // namespace jupiter

#include "model/outline/parse_outline.h"

#include <gtest/gtest.h>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// "1=Dogs|2=Cats"
std::string ShowOutline(const ParsedOutline& outline) {
  std::string text;
  for (const OutlinePoint& point : outline.points) {
    text += fmt::format("{}{}={}", text.empty() ? "" : "|", point.number, point.text);
  }
  return text;
}

std::string Parsed(std::string_view text) { return ShowOutline(ParseOutline(text)); }

TEST(ParseOutlineTest, PlainList) {
  const ParsedOutline outline = ParseOutline("1. Dogs\n2. Cats\n3. Fish");
  EXPECT_EQ(ShowOutline(outline), "1=Dogs|2=Cats|3=Fish");
  EXPECT_TRUE(outline.usable());
  EXPECT_EQ(outline.duplicates, 0);
  EXPECT_EQ(outline.beyond_cap, 0);
}

TEST(ParseOutlineTest, LabelsAsModelsWriteThem) {
  for (const char* label : {"1.",          "1)",      "(1)",      " 1 . ",    "1 )",
                            "**1.**",      "**1**.",  "1\\.",     "1:",       "1.)",
                            "1).",         "- 1.",    "* 1)",     "# 1.",     "> 1.",
                            "\u2022 1.",   "\t1.",    "Point 1:", "step 1.",  "PART 1)",
                            "**Step 1:**", "1 -",     "1 \u2013", "1 \u2014", "1\uff0e",
                            "1\u3001",     "1\uff09", "1\uff1a",  "01."}) {
    EXPECT_EQ(Parsed(std::string(label) + " Dogs\n2. Cats"), "1=Dogs|2=Cats") << label;
  }
  EXPECT_EQ(Parsed("1.Dogs\n2)Cats"), "1=Dogs|2=Cats");
  EXPECT_EQ(Parsed("1. **Dogs**: loyal\n2. **Cats**"), "1=Dogs: loyal|2=Cats");
}

TEST(ParseOutlineTest, NumbersThatAreNoLabels) {
  for (const char* line : {"10:30 is the time", "3.5 million", "1.5) x", "2024. A year",
                           "0. Nothing", "1 Dogs", "1-2 dogs", "Dogs 1. and", "1", "1,2",
                           "point one: x", "points 1. x", "-", "", "1\u00e9. x"}) {
    EXPECT_EQ(Parsed(line), "") << line;
  }
}

TEST(ParseOutlineTest, LineEnds) {
  EXPECT_EQ(Parsed("1. Dogs\r\n2. Cats\r\n"), "1=Dogs|2=Cats");
  EXPECT_EQ(Parsed("1. Dogs\r2. Cats\r"), "1=Dogs|2=Cats");
  EXPECT_EQ(Parsed("\n\n1. Dogs\n\n \n2. Cats\n\n"), "1=Dogs|2=Cats");
}

TEST(ParseOutlineTest, ProseIsIgnored) {
  EXPECT_EQ(Parsed("Sure! Here is the outline:\n\n1. Dogs\nThey bark.\n2. Cats\nHope this helps."),
            "1=Dogs|2=Cats");
  EXPECT_EQ(Parsed("I cannot answer that."), "");
  EXPECT_EQ(Parsed(""), "");
}

TEST(ParseOutlineTest, SeveralPointsOnALine) {
  EXPECT_EQ(Parsed("1. Dogs 2. Cats 3. Fish"), "1=Dogs|2=Cats|3=Fish");
  EXPECT_EQ(Parsed("(1) Dogs, (2) Cats; (3) Fish"), "1=Dogs|2=Cats|3=Fish");
  EXPECT_EQ(Parsed("The parts are: 1. Dogs 2. Cats"), "1=Dogs|2=Cats");
  // A number that is not the next one belongs to the text, and so does one inside of a word.
  EXPECT_EQ(Parsed("1. Windows 3. and later 2. Linux"), "1=Windows 3. and later|2=Linux");
  EXPECT_EQ(Parsed("1. Version v2. of it\n2. Cats"), "1=Version v2. of it|2=Cats");
  EXPECT_EQ(Parsed("1. Pages 2 - 3\n2. Cats"), "1=Pages 2 - 3|2=Cats");
  // Prose with one label alone has no points.
  EXPECT_EQ(Parsed("There is 1. Dogs"), "");
}

TEST(ParseOutlineTest, CutOutlinesLoseTheirLastPoint) {
  EXPECT_EQ(ShowOutline(ParseCutOutline("1. Dogs\n2. Cats\n3. Fis")), "1=Dogs|2=Cats");
  EXPECT_EQ(ShowOutline(ParseCutOutline("1. Dogs\n2. Cats\n")), "1=Dogs|2=Cats");
  EXPECT_EQ(ShowOutline(ParseCutOutline("1. Dogs\n2. Cats\nThese are")), "1=Dogs|2=Cats");
  EXPECT_EQ(ShowOutline(ParseCutOutline("1. Dogs 2. Cats 3. Fi")), "1=Dogs|2=Cats");
  EXPECT_EQ(ShowOutline(ParseCutOutline("1. Dogs\n2.\nCa")), "1=Dogs");
  EXPECT_EQ(ShowOutline(ParseCutOutline("Dogs")), "");
  EXPECT_EQ(ShowOutline(ParseCutOutline("")), "");
}

TEST(ParseOutlineTest, TextOnTheNextLine) {
  EXPECT_EQ(Parsed("1.\nDogs\nThey bark.\n2.\n\nCats"), "1=Dogs|2=Cats");
  EXPECT_EQ(Parsed("1.\n2. Cats\n3.\n"), "2=Cats");
  EXPECT_EQ(Parsed("1. Dogs 2.\nCats"), "1=Dogs|2=Cats");
}

TEST(ParseOutlineTest, FirstOfEqualNumbersCounts) {
  const ParsedOutline outline = ParseOutline("1. Dogs\n1. Cats\n2. Fish\n1. Birds");
  EXPECT_EQ(ShowOutline(outline), "1=Dogs|2=Fish");
  EXPECT_EQ(outline.duplicates, 2);
  // An empty one does not count as the first.
  EXPECT_EQ(Parsed("1. \n\n2. Fish\n1. Birds"), "2=Fish|1=Birds");
}

TEST(ParseOutlineTest, KeepsTheOrderAndTheNumbersOfTheText) {
  EXPECT_EQ(Parsed("3. Fish\n1. Dogs\n12. Birds"), "3=Fish|1=Dogs|12=Birds");
}

TEST(ParseOutlineTest, AtMostTen) {
  std::string text;
  for (int i = 1; i <= 14; ++i) text += fmt::format("{}. Point {}\n", i, i);
  const ParsedOutline outline = ParseOutline(text);
  ASSERT_EQ(outline.points.size(), 10u);
  EXPECT_EQ(outline.points.back().text, "Point 10");
  EXPECT_EQ(outline.beyond_cap, 4);
  EXPECT_EQ(ParseOutline(text, 20).points.size(), 14u);
}

TEST(ParseOutlineTest, NoneOrOneIsNoOutline) {
  EXPECT_FALSE(ParseOutline("Dogs").usable());
  EXPECT_EQ(WhyNoOutline(ParseOutline("Dogs")),
            "the outline has no numbered point, expected at least two");
  EXPECT_FALSE(ParseOutline("1. Dogs").usable());
  EXPECT_EQ(WhyNoOutline(ParseOutline("1. Dogs")),
            "the outline has one numbered point, expected at least two");
  EXPECT_TRUE(ParseOutline("1. Dogs\n2. Cats").usable());
}

TEST(OutlineTextTest, WritesWhatCanBeReadAgain) {
  const std::vector<OutlinePoint> points = {{1, "Dogs"}, {4, "Cats"}};
  EXPECT_EQ(OutlineText(points), "1. Dogs\n4. Cats");
  EXPECT_EQ(Parsed(OutlineText(points)), "1=Dogs|4=Cats");
}

}  // namespace
}  // namespace jupiter

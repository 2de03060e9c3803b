#include "model/outline/ordered_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace jupiter {
namespace {

using Strings = std::vector<std::string>;

TEST(OrderedTextTest, StreamsTheFirstAndKeepsTheOthers) {
  Strings given;
  OrderedText text({"A:", "B:", "C:"}, "|", [&](std::string_view t) { given.emplace_back(t); });
  EXPECT_EQ(given, Strings{"A:"});
  text.Append(0, " one");
  text.Append(2, " six");
  text.Append(0, "");
  EXPECT_EQ(given, (Strings{"A:", " one"}));
  text.End(2);
  text.End(0);
  EXPECT_EQ(given, (Strings{"A:", " one", "|B:"}));
  text.Append(1, " four");
  EXPECT_FALSE(text.AllEnded());
  text.End(1);
  EXPECT_EQ(given, (Strings{"A:", " one", "|B:", " four", "|C: six"}));
  EXPECT_TRUE(text.AllEnded());
}

TEST(OrderedTextTest, NoneAndOne) {
  const auto ignore = [](std::string_view) {};
  EXPECT_TRUE(OrderedText({}, "|", ignore).AllEnded());
  std::string all;
  OrderedText one({""}, "|", [&](std::string_view t) { all += t; });
  one.Append(0, "x");
  one.End(0);
  EXPECT_EQ(all, "x");
  EXPECT_TRUE(one.AllEnded());
}

TEST(OrderedTextTest, AnyInterleavingGivesTheJoinedText) {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    const std::size_t count = 1 + random() % 6;
    Strings headings(count);
    Strings bodies(count);
    std::vector<std::size_t> events;  // the text that goes on; its last event ends it
    for (std::size_t i = 0; i < count; ++i) {
      headings[i] = std::string(2, static_cast<char>('A' + i));
      events.insert(events.end(), 1 + random() % 5, i);
    }
    std::shuffle(events.begin(), events.end(), random);
    std::string all;
    OrderedText text(headings, "\n", [&](std::string_view t) {
      EXPECT_FALSE(t.empty());
      all += t;
    });
    for (std::size_t at = 0; at < events.size(); ++at) {
      const std::size_t i = events[at];
      if (std::find(events.begin() + static_cast<std::ptrdiff_t>(at) + 1, events.end(), i) ==
          events.end()) {
        text.End(i);
        continue;
      }
      const std::string more(random() % 3, static_cast<char>('a' + random() % 26));
      bodies[i] += more;
      text.Append(i, more);
    }
    std::string expected;
    for (std::size_t i = 0; i < count; ++i) {
      expected += (i == 0 ? "" : "\n") + headings[i] + bodies[i];
    }
    EXPECT_EQ(all, expected);
    EXPECT_TRUE(text.AllEnded());
  }
}

TEST(OrderedTextDeathTest, AnEndedTextDoesNotGrow) {
  OrderedText text({"", ""}, "", [](std::string_view) {});
  text.End(1);
  EXPECT_DEATH(text.Append(1, "x"), "text 1");
  EXPECT_DEATH(text.End(1), "text 1");
  EXPECT_DEATH(text.Append(2, "x"), "text 2");
}

}  // namespace
}  // namespace jupiter

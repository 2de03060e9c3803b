#include "bench/report/timeline.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

TEST(TimelineTest, AColumnShowsWhatFilledMostOfIt) {
  const std::vector<TimelineRow> rows = {{"a", {{0, 2, '0'}, {2, 4.4, '1'}}},
                                         {"long", {{4.6, 7, '0'}, {9.4, 10, '1'}}}};
  EXPECT_EQ(DrawTimeline(rows, 10, 10),
            "  a    |0011......|\n"
            "  long |.....00..1|\n"
            "       |0 10000.0 ms\n");
}

TEST(TimelineTest, SlicesHaveACharacterEach) {
  EXPECT_EQ(SliceMark(0), '0');
  EXPECT_EQ(SliceMark(10), 'a');
  EXPECT_EQ(SliceMark(36), 'A');
  EXPECT_EQ(SliceMark(62), '0');
}

}  // namespace
}  // namespace jupiter

// Who was busy when, as text: a row per device, a column per stretch of time.
#pragma once

#include <string>
#include <vector>

namespace jupiter {

struct TimelineSpan {
  double begin = 0;
  double end = 0;
  char mark = '#';  // what the device did
};

struct TimelineRow {
  std::string label;
  std::vector<TimelineSpan> spans;  // in order, not overlapping
};

// Rows of `columns` characters over [0, end) seconds; each shows what filled most of its stretch,
// '.' where that was nothing. The last line is the scale.
std::string DrawTimeline(const std::vector<TimelineRow>& rows, double end, int columns);

// 0-9, a-z, A-Z, then again from 0: a character per slice.
char SliceMark(int slice);

}  // namespace jupiter

#include "bench/report/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

namespace jupiter {
namespace {

// What fills most of [begin, end).
char MarkOf(const TimelineRow& row, double begin, double end) {
  std::map<char, double> filled;
  double idle = end - begin;
  for (const TimelineSpan& span : row.spans) {
    const double overlap = std::min(span.end, end) - std::max(span.begin, begin);
    if (overlap <= 0) continue;
    filled[span.mark] += overlap;
    idle -= overlap;
  }
  char mark = '.';
  double most = idle;
  for (const auto& [candidate, seconds] : filled) {
    if (seconds <= most) continue;
    most = seconds;
    mark = candidate;
  }
  return mark;
}

}  // namespace

char SliceMark(int slice) {
  constexpr std::string_view kMarks =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return kMarks[static_cast<std::size_t>(slice) % kMarks.size()];
}

std::string DrawTimeline(const std::vector<TimelineRow>& rows, double end, int columns) {
  std::size_t width = 0;
  for (const TimelineRow& row : rows) width = std::max(width, row.label.size());
  const double step = end / columns;
  std::string text;
  for (const TimelineRow& row : rows) {
    std::string line;
    for (int column = 0; column < columns; ++column) {
      line += MarkOf(row, column * step, (column + 1) * step);
    }
    text += fmt::format("  {:<{}} |{}|\n", row.label, width, line);
  }
  return text + fmt::format("  {:<{}} |0{:>{}.1f} ms\n", "", width, end * 1e3, columns - 2);
}

}  // namespace jupiter

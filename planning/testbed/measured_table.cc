#include "planning/testbed/measured_table.h"

#include <algorithm>
#include <cstddef>

#include "kernels/base/check.h"
#include "planning/testbed/profile_format.h"

namespace jupiter {
namespace {

// A value on the line through (x0, y0) and (x1, y1), x0 < x1. `last`: the points are the last two,
// so that beyond x1 nothing is known.
double OnLine(double x, double x0, double y0, double x1, double y1, bool last) {
  if (last && x > x1) y0 = std::min(y0, y1);
  const double slope = (y1 - y0) / (x1 - x0);
  return std::max(kMeasuredSecondsRange.least,
                  x > x1 ? y1 + (x - x1) * slope : y0 + (x - x0) * slope);
}

// The index of the interval to use for x: the first whose end is not below x, or the last one.
template <typename Values, typename Of>
std::size_t Interval(const Values& values, double x, Of of) {
  std::size_t i = 0;
  while (i + 2 < values.size() && of(values[i + 1]) < x) ++i;
  return i;
}

}  // namespace

MeasuredTable::MeasuredTable(std::vector<MeasuredPoint> points) {
  JUPITER_CHECK(!points.empty());
  std::sort(points.begin(), points.end(), [](const MeasuredPoint& a, const MeasuredPoint& b) {
    return a.rows != b.rows ? a.rows < b.rows : a.context < b.context;
  });
  for (const MeasuredPoint& point : points) {
    JUPITER_CHECK(point.seconds > 0, "{} s", point.seconds);
    const auto rows = static_cast<double>(point.rows);
    if (lines_.empty() || lines_.back().rows != rows) lines_.push_back({rows, {}, {}});
    Line& line = lines_.back();
    JUPITER_CHECK(line.contexts.empty() || line.contexts.back() < point.context,
                  "{} rows twice at context {}", rows, point.context);
    line.contexts.push_back(point.context);
    line.seconds.push_back(point.seconds);
  }
}

double MeasuredTable::Line::At(double context) const {
  if (contexts.size() == 1) return seconds[0];
  const std::size_t i = Interval(contexts, context, [](double value) { return value; });
  return OnLine(context, contexts[i], seconds[i], contexts[i + 1], seconds[i + 1],
                i + 2 == contexts.size());
}

double MeasuredTable::Seconds(double rows, double context) const {
  if (lines_.size() == 1) return lines_[0].At(context);
  const std::size_t i = Interval(lines_, rows, [](const Line& line) { return line.rows; });
  const Line& below = lines_[i];
  const Line& above = lines_[i + 1];
  return OnLine(rows, below.rows, below.At(context), above.rows, above.At(context),
                i + 2 == lines_.size());
}

}  // namespace jupiter

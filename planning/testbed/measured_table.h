// Times measured at some numbers of rows and contexts, and the times between and beyond them.
#pragma once

#include <cstdint>
#include <vector>

namespace jupiter {

struct MeasuredPoint {
  std::int64_t rows = 0;
  double context = 0;  // logical positions per row; 0 for ops without
  double seconds = 0;  // median
};

// Linear in context within each measured number of rows, then linear in rows: bilinear where the
// points form a grid. Rows come last because r rows after c positions attend to c + (r + 1) / 2
// positions per row: measurements share numbers of rows, but no two of them a context. Beyond the
// points the slope of the last interval goes on; upwards it never falls (the noise of two medians
// would make ops of many rows free), downwards times stay positive.
class MeasuredTable {
 public:
  // At least one point, no (rows, context) twice, times positive. CHECKs that.
  explicit MeasuredTable(std::vector<MeasuredPoint> points);

  double Seconds(double rows, double context) const;

 private:
  struct Line {
    double rows = 0;
    std::vector<double> contexts;  // rising
    std::vector<double> seconds;
    double At(double context) const;
  };
  std::vector<Line> lines_;  // by rising rows
};

}  // namespace jupiter

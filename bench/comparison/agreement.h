// How far emulated baselines are from what was published.
#pragma once

#include <string>
#include <vector>

#include "bench/paper/published.h"
#include "bench/paper/row_index.h"

namespace jupiter {

// A number of ours beside a published one.
struct Difference {
  std::string what;  // "A 100 Llama2-7B M-LM"
  std::string system;
  std::string phase;  // of bars; "" of end-to-end times
  double ours = 0;
  double published = 0;
  double error() const { return ours / published - 1; }
};

struct Agreement {
  std::vector<Difference> cells;  // of table.csv
  std::vector<Difference> bars;   // of figure.csv
  int oom_right = 0;              // cells where both are out of memory, or neither
  int oom_wrong = 0;
  int rows_ranked = 0;  // rows whose baselines rank as published
  std::vector<std::string> rows_misranked;
};

// Pairs of published seconds closer than this are ties: either order is right.
inline constexpr double kTie = 0.02;

// Of the rows under this profile; what has not run is left out.
Agreement CompareToPublished(const RowIndex& rows, const PaperExperiment& experiment,
                             const std::string& profile, const Published& published);

// The middle of |error|; 0 of nothing.
double MedianError(const std::vector<Difference>& differences);

// For people: a few lines.
std::string Show(const Agreement& agreement, const std::string& profile);

}  // namespace jupiter

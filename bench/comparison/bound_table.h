// The best system of each cell beside what none can get below, from saved rows only.
#pragma once

#include <string>
#include <vector>

#include "bench/paper/row_index.h"
#include "bench/results/text_table.h"

namespace jupiter {

// Columns before the values.
inline constexpr int kBoundKeys = 4;

// Under one profile, a row per network, model and policy; systems are compared within a policy.
// time / bound = strategy loss x schedule loss: what the best system's plan costs, and what the
// order of its batches does (planning/bounds).
TextTable BoundTable(const RowIndex& rows, const PaperExperiment& experiment,
                     const std::string& profile);

// How many times its bound the best system takes, in the median: one line; none without rows.
std::vector<std::string> BoundLines(const RowIndex& rows, const PaperExperiment& experiment);

}  // namespace jupiter

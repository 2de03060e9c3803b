// What each device must hold, and how long plans took, from rows.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/paper/row_index.h"
#include "bench/results/text_table.h"

namespace jupiter {

// Columns before the values.
inline constexpr int kMemoryKeys = 3;
inline constexpr int kPlanningKeys = 1;

// GiB by formula (planning/cost/memory_model.h) at the first bandwidth: a row per environment,
// model and system under its first policy, a column per rank.
TextTable MemoryTable(const RowIndex& rows, const PaperExperiment& experiment,
                      const std::string& profile);

// Wall clock of the planner, by system: seconds of each plan. Differs from run to run.
TextTable PlanningTable(const std::map<std::string, std::vector<double>>& seconds);

}  // namespace jupiter

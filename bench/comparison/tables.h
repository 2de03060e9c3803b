// The tables of the paper's experiments, from saved rows only.
#pragma once

#include <string>
#include <vector>

#include "bench/comparison/score.h"
#include "bench/paper/published.h"
#include "bench/paper/row_index.h"
#include "bench/results/text_table.h"

namespace jupiter {

// What a cell says that has not run.
inline constexpr const char* kNotRun = "-";

// Three digits.
std::string Digits(double value);
// Of a row's end-to-end time; why there is none.
std::string ShowSeconds(const ResultRow* row);

// Columns before the systems.
inline constexpr int kTableKeys = 3;
inline constexpr int kBarKeys = 4;
inline constexpr int kWaterfallKeys = 1;

// End-to-end seconds, a row per network and model, a column per system. A baseline under the first
// profile has its published value and the relative error beside it; Jupiter, where it is `scored`,
// both accountings.
TextTable EndToEndTable(const RowIndex& rows, const PaperExperiment& experiment,
                        const std::string& profile, const Published& published,
                        const std::vector<ScoredRow>& scored);

// Milliseconds per token, prefill and decode, against the published bars.
TextTable PerTokenTable(const RowIndex& rows, const PaperExperiment& experiment,
                        const std::string& profile, const Published& published);

// Seconds in one row of the table, from the first profile to the second, of an experiment that has
// a waterfall.
TextTable WaterfallTable(const RowIndex& rows, const PaperExperiment& experiment);

}  // namespace jupiter

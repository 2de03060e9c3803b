// Jupiter's published rows beside ours, for readers: by two accountings, how it came about, and
// what a sceptic asks.
#pragma once

#include <string>
#include <vector>

#include "bench/comparison/score.h"
#include "bench/results/text_table.h"

namespace jupiter {

// Columns before the values.
inline constexpr int kScoreKeys = 3;

// A row per row of the table: seconds and bars on one line.
TextTable ScoreTable(const std::vector<ScoredRow>& scored, const std::string& profile,
                     const std::string& reading);

// What goes with such tables, a line each: the errors of each reading, provenance, frozen
// predictions, nulls. None where nothing of Jupiter has run.
std::vector<std::string> ScoreLines(const RowIndex& rows, const PaperExperiment& experiment,
                                    const Published& baselines, const JupiterRows& jupiter);

// The two of them that every reader must know: Jupiter's seconds with everything counted, and what
// a faster network saves.
std::vector<std::string> ScoreFindings(const RowIndex& rows, const PaperExperiment& experiment,
                                       const JupiterRows& jupiter);

}  // namespace jupiter

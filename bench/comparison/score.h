// Jupiter's published rows beside ours. Beside the script experiments/paper/score the only code
// that opens them: everything before, fits and predictions included, is made without.
//
// Accountings of ours, in seconds:
//   whole      from the question to the last word, everything counted;
//   published  prompt tokens x prefill of the plain question + generated tokens x milliseconds per
//              token from the first point's first token to the last token, later points' prompts
//              and the drain included. Chosen when the rows were open.
// And two more ways to count the answer's tokens in the latter: from when every point has its first
// token; and by rounds, in which every point gets its step.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/paper/published.h"
#include "bench/paper/row_index.h"

namespace jupiter {

// One row of the table; what has not run, or was not published, is not there.
struct ScoredRow {
  TableRow row;
  double published_s = 0;
  std::optional<double> whole_s, published_way_s, settled_s, by_rounds_s;
  std::optional<double> prefill_ms, decode_ms;  // per token: as the published way counts them
  std::optional<double> published_prefill_ms, published_decode_ms;
};

// A committed prediction, `whole`, in seconds.
struct FrozenPrediction {
  std::string commit;
  std::string reading;
  std::vector<double> errors;  // relative, of the rows that it has
  int inside = 0;              // its own interval
};

class JupiterRows {
 public:
  // `folder` of the experiment's file: jupiter/ and frozen/ in it. Throws UserError "FILE: line L:
  // ..." for what is wrong.
  explicit JupiterRows(const std::string& folder);
  // Whether there are any.
  static bool AreIn(const std::string& folder);

  // Null where no number was published.
  const PublishedCell* Cell(const TableRow& row) const;
  const PublishedBar* Bar(const TableRow& row, const std::string& phase) const;
  // In the order of commits, and of readings.
  const std::vector<FrozenPrediction>& frozen() const { return frozen_; }

  // Rows of the first policy under a profile, and the plain question's prefill.
  std::vector<ScoredRow> Score(const RowIndex& rows, const PaperExperiment& experiment,
                               const std::string& profile) const;

 private:
  std::vector<FrozenPrediction> ScoreFrozen(const std::string& folder) const;

  Published published_;
  std::vector<FrozenPrediction> frozen_;
};

}  // namespace jupiter

// What a suite of emulated cells says about its rows at the end.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/paper/experiment.h"
#include "bench/paper/predictions.h"
#include "bench/results/result_row.h"
#include "bench/results/text_table.h"

namespace jupiter {

class ExperimentReport {
 public:
  // A file of its own beside the rows: name and contents.
  using File = std::pair<std::string, std::string>;

  ExperimentReport() = default;
  ExperimentReport(const ExperimentReport&) = delete;
  ExperimentReport& operator=(const ExperimentReport&) = delete;
  virtual ~ExperimentReport() = default;

  virtual std::string Tables(const std::vector<ResultRow>& rows, bool markdown) const = 0;
  virtual std::vector<File> Files(const std::vector<ResultRow>&) const { return {}; }
  // Writes into the row what was published of its cell, if anything was.
  virtual void TakePublished(ResultRow&) const {}
};

// For the paper's table: our values beside the published ones in folders of `folder`, predictions,
// findings.
// The experiment outlives it. Throws UserError for files that are wrong.
std::unique_ptr<ExperimentReport> MakePaperReport(const PaperExperiment& experiment,
                                                  const std::vector<Reading>& readings,
                                                  const std::string& folder);

// For systems under several policies: tables by policy, rounds, sensitivities, and what follows.
std::unique_ptr<ExperimentReport> MakePolicyReport(const PaperExperiment& experiment);

// Tables as text or as Markdown, one after the other, without rows of which nothing has run: there
// the cells after the first `left` ones say so. Empty when none has.
std::string Render(TextTable table, int left, bool markdown);

}  // namespace jupiter

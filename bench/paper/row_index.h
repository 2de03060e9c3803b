// Rows of the paper's experiments by what they are of.
#pragma once

#include <string>
#include <vector>

#include "bench/paper/cells.h"
#include "bench/results/result_row.h"

namespace jupiter {

// A row of the table: one network, one model.
struct TableRow {
  std::string env;
  double bandwidth = 0;  // bit/s
  std::string model;
  double mbps() const { return bandwidth / 1e6; }
};
// In the order of the paper: environment, bandwidth, model.
std::vector<TableRow> TableRowsOf(const PaperExperiment& experiment);

class RowIndex {
 public:
  // The rows outlive it.
  explicit RowIndex(const std::vector<ResultRow>& rows) : rows_(rows) {}
  // Null where the cell has not run. Without a policy: the first one of the system that has.
  const ResultRow* Find(const std::string& profile, const TableRow& row, const std::string& system,
                        const std::string& policy = "", const std::string& variation = "") const;

 private:
  const std::vector<ResultRow>& rows_;
};

}  // namespace jupiter

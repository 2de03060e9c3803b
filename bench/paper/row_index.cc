#include "bench/paper/row_index.h"

#include <algorithm>

namespace jupiter {

std::vector<TableRow> TableRowsOf(const PaperExperiment& experiment) {
  std::vector<TableRow> rows;
  for (const auto& [env, cluster] : experiment.environments) {
    for (double bandwidth : experiment.bandwidths) {
      for (const auto& [model, path] : experiment.models) rows.push_back({env, bandwidth, model});
    }
  }
  return rows;
}

const ResultRow* RowIndex::Find(const std::string& profile, const TableRow& row,
                                const std::string& system) const {
  const std::string name = CellName({profile, row.env, row.bandwidth, row.model, system});
  const auto found = std::find_if(rows_.begin(), rows_.end(),
                                  [&](const ResultRow& known) { return known.name == name; });
  return found == rows_.end() ? nullptr : &*found;
}

}  // namespace jupiter

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
                                const std::string& system, const std::string& policy,
                                const std::string& variation) const {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const ResultRow& known) {
    return known.profile == profile && known.env == row.env &&
           known.bandwidth_mbps == row.bandwidth / 1e6 && known.model == row.model &&
           known.system == system && (policy.empty() || known.policy == policy) &&
           known.variation == variation;
  });
  return found == rows_.end() ? nullptr : &*found;
}

}  // namespace jupiter

#include "bench/comparison/memory_table.h"

#include <algorithm>

#include "bench/comparison/tables.h"
#include "bench/paper/systems.h"
#include "bench/report/metrics.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

double GibOf(const RankResult& rank) {
  const std::int64_t bytes = rank.weights + rank.kv + rank.activations + rank.drafts + rank.buffers;
  return static_cast<double>(bytes) / (1 << 30);
}

}  // namespace

TextTable MemoryTable(const RowIndex& rows, const PaperExperiment& experiment,
                      const std::string& profile) {
  TextTable table{fmt::format("EMULATED, {}: GiB that each rank must hold, at {} Mbit/s", profile,
                              experiment.bandwidths.front() / 1e6),
                  {"env", "model", "system"},
                  {}};
  for (const TableRow& cell : TableRowsOf(experiment)) {
    if (cell.bandwidth != experiment.bandwidths.front()) continue;
    for (const std::string& system : experiment.systems) {
      const std::string policy = experiment.PoliciesOf(system).front();
      const ResultRow* row = rows.Find(profile, cell, system, policy);
      if (row == nullptr || row->per_rank.empty()) continue;
      std::vector<std::string> cells = {cell.env, cell.model,
                                        fmt::format("{}, {}", FindSystem(system).column, policy)};
      for (const RankResult& rank : row->per_rank) cells.push_back(Digits(GibOf(rank)));
      for (std::size_t i = table.header.size(); i < cells.size(); ++i) {
        table.header.push_back(fmt::format("rank {}", i - kMemoryKeys));
      }
      table.rows.push_back(std::move(cells));
    }
  }
  for (std::vector<std::string>& cells : table.rows) cells.resize(table.header.size(), kNotRun);
  return table;
}

TextTable PlanningTable(const std::map<std::string, std::vector<double>>& seconds) {
  TextTable table{"Planning, wall clock of this machine: ms per plan",
                  {"system", "plans", "median", "longest"},
                  {}};
  for (const auto& [system, times] : seconds) {
    table.rows.push_back({std::string(FindSystem(system).column), fmt::format("{}", times.size()),
                          Digits(1e3 * Quantile(times, 0.5)),
                          Digits(1e3 * *std::max_element(times.begin(), times.end()))});
  }
  return table;
}

}  // namespace jupiter

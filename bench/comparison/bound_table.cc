#include "bench/comparison/bound_table.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "bench/comparison/tables.h"
#include "bench/paper/systems.h"
#include "bench/report/metrics.h"

namespace jupiter {
namespace {

// Of one cell under one policy.
struct BestRow {
  const ResultRow* row = nullptr;  // null: none has run
  int systems = 0;                 // that could
  double times_bound() const { return *row->e2e_s / *row->cell_bound_s; }
};

BestRow BestOf(const RowIndex& rows, const PaperExperiment& experiment, const std::string& profile,
               const TableRow& cell, const std::string& policy) {
  BestRow best;
  for (const std::string& system : experiment.systems) {
    const auto policies = experiment.PoliciesOf(system);
    if (std::find(policies.begin(), policies.end(), policy) == policies.end()) continue;
    const ResultRow* row = rows.Find(profile, cell, system, policy);
    if (row == nullptr || !row->e2e_s || !row->cell_bound_s || !row->strategy_bound_s) continue;
    ++best.systems;
    if (best.row == nullptr || *row->e2e_s < *best.row->e2e_s) best.row = row;
  }
  return best;
}

// How many times the bound the best systems of a profile take under a policy.
std::vector<double> TimesBound(const RowIndex& rows, const PaperExperiment& experiment,
                               const std::string& profile, const std::string& policy) {
  std::vector<double> times;
  for (const TableRow& cell : TableRowsOf(experiment)) {
    const BestRow best = BestOf(rows, experiment, profile, cell, policy);
    if (best.row != nullptr) times.push_back(best.times_bound());
  }
  return times;
}

}  // namespace

TextTable BoundTable(const RowIndex& rows, const PaperExperiment& experiment,
                     const std::string& profile) {
  TextTable table{
      fmt::format("EMULATED, {}: the best system beside what none gets below (time / bound = "
                  "strategy loss x schedule loss)",
                  profile),
      {"env", "Mbit/s", "model", "policy", "of", "best", "s", "bound s", "time / bound", "strategy",
       "schedule"},
      {}};
  for (const std::string& policy : experiment.Policies()) {
    for (const TableRow& cell : TableRowsOf(experiment)) {
      const BestRow best = BestOf(rows, experiment, profile, cell, policy);
      if (best.row == nullptr) continue;
      const ResultRow& row = *best.row;
      table.rows.push_back({cell.env, fmt::format("{}", cell.mbps()), cell.model, policy,
                            fmt::format("{}", best.systems),
                            std::string(FindSystem(row.system).column), Digits(*row.e2e_s),
                            Digits(*row.cell_bound_s), fmt::format("{:.2f}", best.times_bound()),
                            fmt::format("{:.2f}", *row.strategy_bound_s / *row.cell_bound_s),
                            fmt::format("{:.2f}", *row.e2e_s / *row.strategy_bound_s)});
    }
  }
  return table;
}

std::vector<std::string> BoundLines(const RowIndex& rows, const PaperExperiment& experiment) {
  std::vector<std::string> parts;
  std::vector<double> all;
  for (const std::string& profile : experiment.profiles) {
    for (const std::string& policy : experiment.Policies()) {
      const std::vector<double> times = TimesBound(rows, experiment, profile, policy);
      if (times.empty()) continue;
      parts.push_back(fmt::format("{:.2f} ({}, {})", Quantile(times, 0.5), policy, profile));
      all.insert(all.end(), times.begin(), times.end());
    }
  }
  if (all.empty()) return {};
  return {
      fmt::format("The best system takes {:.2f} times what none gets below on any plan, in the "
                  "median over {} cells: {}.",
                  Quantile(all, 0.5), all.size(), fmt::join(parts, ", "))};
}

}  // namespace jupiter

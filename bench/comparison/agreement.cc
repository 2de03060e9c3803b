#include "bench/comparison/agreement.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "bench/paper/systems.h"
#include "bench/report/metrics.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

std::string RowName(const TableRow& row) {
  return fmt::format("{} {} {}", row.env, row.mbps(), row.model);
}

void AddCell(const TableRow& row, const PaperSystem& system, const ResultRow& ours,
             const PublishedCell& published, Agreement& agreement) {
  (ours.oom == published.oom ? agreement.oom_right : agreement.oom_wrong) += 1;
  if (!ours.e2e_s || published.oom) return;
  agreement.cells.push_back({fmt::format("{} {}", RowName(row), system.published),
                             std::string(system.name), "", *ours.e2e_s, published.seconds});
}

void AddBars(const TableRow& row, const PaperSystem& system, const ResultRow& ours,
             const Published& published, Agreement& agreement) {
  const auto add = [&](const std::string& phase, const std::optional<double>& ms) {
    const PublishedBar* bar =
        published.Bar(row.env, row.mbps(), row.model, phase, system.published);
    if (bar == nullptr || bar->oom || !ms) return;
    agreement.bars.push_back({fmt::format("{} {} {}", RowName(row), system.published, phase),
                              std::string(system.name), phase, *ms, bar->ms_per_token});
  };
  add("prefill", ours.prefill_ms_per_token);
  add("decode", ours.decode_ms_per_token);
}

// Whether baselines whose published values clearly differ have the same order here.
bool Ranked(const std::vector<Difference>& cells) {
  for (const Difference& a : cells) {
    for (const Difference& b : cells) {
      if (a.published * (1 + kTie) < b.published && a.ours > b.ours) return false;
    }
  }
  return true;
}

std::vector<double> Sizes(const std::vector<Difference>& differences) {
  std::vector<double> sizes;
  for (const Difference& difference : differences) sizes.push_back(std::abs(difference.error()));
  return sizes;
}

std::string ShowWorst(const std::vector<Difference>& differences) {
  if (differences.empty()) return "nothing to compare";
  const auto worst = std::max_element(differences.begin(), differences.end(),
                                      [](const Difference& a, const Difference& b) {
                                        return std::abs(a.error()) < std::abs(b.error());
                                      });
  return fmt::format("{} compared, median {:.1f} %, largest {:+.1f} % ({})", differences.size(),
                     100 * MedianError(differences), 100 * worst->error(), worst->what);
}

}  // namespace

Agreement CompareToPublished(const RowIndex& rows, const PaperExperiment& experiment,
                             const std::string& profile, const Published& published) {
  Agreement agreement;
  for (const TableRow& row : TableRowsOf(experiment)) {
    const std::size_t before = agreement.cells.size();
    for (const PaperSystem& system : PaperSystems()) {
      const PublishedCell* cell = published.Cell(row.env, row.mbps(), row.model, system.published);
      const ResultRow* ours = rows.Find(profile, row, std::string(system.name));
      if (cell == nullptr || ours == nullptr) continue;
      AddCell(row, system, *ours, *cell, agreement);
      AddBars(row, system, *ours, published, agreement);
    }
    const std::vector<Difference> of_row(
        agreement.cells.begin() + static_cast<std::ptrdiff_t>(before), agreement.cells.end());
    if (of_row.empty()) continue;
    if (Ranked(of_row)) {
      ++agreement.rows_ranked;
    } else {
      agreement.rows_misranked.push_back(RowName(row));
    }
  }
  return agreement;
}

double MedianError(const std::vector<Difference>& differences) {
  return Quantile(Sizes(differences), 0.5);
}

std::string Show(const Agreement& agreement, const std::string& profile) {
  // The one bar that no overlap rule gives, see experiments/calibrate/README.md.
  std::vector<Difference> galaxy;
  std::vector<Difference> others;
  for (const Difference& bar : agreement.bars) {
    const bool apart = bar.system == kGalaxySystem && bar.phase == "prefill";
    (apart ? galaxy : others).push_back(bar);
  }
  const std::size_t rows =
      agreement.rows_misranked.size() + static_cast<std::size_t>(agreement.rows_ranked);
  std::string text = fmt::format(
      "{} against what was published:\n  end-to-end seconds: {}\n  ms per token: {}\n"
      "  ms per token, Galaxy's prefill: {}\n  out of memory or not, as published: {} of {} "
      "cells\n  baselines ranked as published: {} of {} rows",
      profile, ShowWorst(agreement.cells), ShowWorst(others), ShowWorst(galaxy),
      agreement.oom_right, agreement.oom_right + agreement.oom_wrong, agreement.rows_ranked, rows);
  if (!agreement.rows_misranked.empty()) {
    text += fmt::format(" (not {})", fmt::join(agreement.rows_misranked, "; "));
  }
  return text + "\n";
}

}  // namespace jupiter

#include "bench/comparison/tables.h"

#include <algorithm>

#include "bench/paper/systems.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

// A system under one of its policies.
struct Column {
  const PaperSystem* system = nullptr;
  std::string name;
  std::string policy;
  std::string title;
};

std::vector<Column> ColumnsOf(const PaperExperiment& experiment) {
  std::vector<Column> columns;
  for (const PaperSystem& system : PaperSystems()) {
    const auto& names = experiment.systems;
    const std::string name(system.name);
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    const std::vector<std::string> policies = experiment.PoliciesOf(name);
    for (const std::string& policy : policies) {
      const bool plain = policies.size() == 1 && policy == "plain";
      columns.push_back(
          {&system, name, policy,
           plain ? std::string(system.column) : fmt::format("{}, {}", system.column, policy)});
    }
  }
  return columns;
}

std::string WithPublished(const std::string& ours, const std::optional<double>& value, bool oom,
                          double published) {
  if (oom) return ours + " / OOM";
  if (!value) return fmt::format("{} / {}", ours, Digits(published));
  return fmt::format("{} / {} {:+.1f}%", ours, Digits(published), 100 * (*value / published - 1));
}

// "44.2, 13.9 / 16.5 -15.8%"; empty where nothing is scored.
std::string ShowScored(const std::vector<ScoredRow>& scored, const TableRow& row) {
  for (const ScoredRow& one : scored) {
    const TableRow& of = one.row;
    const bool same = of.env == row.env && of.bandwidth == row.bandwidth && of.model == row.model;
    if (!same || !one.whole_s || !one.published_way_s) continue;
    return fmt::format(
        "{}, {}", Digits(*one.whole_s),
        WithPublished(Digits(*one.published_way_s), one.published_way_s, false, one.published_s));
  }
  return "";
}

std::string PhaseCell(const ResultRow* ours, const PublishedBar* bar, const std::string& phase) {
  if (ours == nullptr) return kNotRun;
  const std::optional<double>& ms =
      phase == "prefill" ? ours->prefill_ms_per_token : ours->decode_ms_per_token;
  if (!ms && ours->e2e_s) return kNotRun;  // an outline's prompts have decoding between them
  const std::string text = ms ? Digits(*ms) : "OOM";
  return bar == nullptr ? text : WithPublished(text, ms, bar->oom, bar->ms_per_token);
}

}  // namespace

std::string Digits(double value) {
  return value < 10    ? fmt::format("{:.2f}", value)
         : value < 100 ? fmt::format("{:.1f}", value)
                       : fmt::format("{:.0f}", value);
}

std::string ShowSeconds(const ResultRow* row) {
  if (row == nullptr) return kNotRun;
  if (!row->e2e_s) return row->oom ? "OOM" : "no plan";
  return Digits(*row->e2e_s);
}

TextTable EndToEndTable(const RowIndex& rows, const PaperExperiment& experiment,
                        const std::string& profile, const Published& published,
                        const std::vector<ScoredRow>& scored) {
  const bool compared = profile == experiment.profiles.front();
  TextTable table{
      fmt::format("EMULATED, {}: end-to-end seconds, {} prompt and {} generated tokens{}", profile,
                  experiment.prompt_tokens, experiment.generated_tokens,
                  compared ? " (ours / published error)" : ""),
      {"env", "Mbit/s", "model"},
      {}};
  const auto is_scored = [&](const Column& column) {
    return column.name == kJupiterSystem &&
           column.policy == experiment.PoliciesOf(kJupiterSystem).front() && !scored.empty();
  };
  for (const Column& column : ColumnsOf(experiment)) {
    table.header.push_back(column.title + (is_scored(column) ? ": whole, published" : ""));
  }
  for (const TableRow& row : TableRowsOf(experiment)) {
    std::vector<std::string> cells = {row.env, fmt::format("{}", row.mbps()), row.model};
    for (const Column& column : ColumnsOf(experiment)) {
      const ResultRow* ours = rows.Find(profile, row, column.name, column.policy);
      std::string cell = ShowSeconds(ours);
      const PublishedCell* known =
          published.Cell(row.env, row.mbps(), row.model, column.system->published);
      if (compared && ours != nullptr && known != nullptr) {
        cell = WithPublished(cell, ours->e2e_s, known->oom, known->seconds);
      }
      const std::string both = is_scored(column) ? ShowScored(scored, row) : "";
      cells.push_back(both.empty() ? cell : both);
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

TextTable PerTokenTable(const RowIndex& rows, const PaperExperiment& experiment,
                        const std::string& profile, const Published& published) {
  TextTable table{fmt::format("EMULATED, {}: ms per token (ours / published bar, error)", profile),
                  {"env", "Mbit/s", "model", "phase"},
                  {}};
  for (const Column& column : ColumnsOf(experiment)) table.header.push_back(column.title);
  for (const TableRow& row : TableRowsOf(experiment)) {
    for (const std::string phase : {"prefill", "decode"}) {
      std::vector<std::string> cells = {row.env, fmt::format("{}", row.mbps()), row.model, phase};
      for (const Column& column : ColumnsOf(experiment)) {
        const PublishedBar* bar =
            published.Bar(row.env, row.mbps(), row.model, phase, column.system->published);
        cells.push_back(PhaseCell(rows.Find(profile, row, column.name, column.policy), bar, phase));
      }
      table.rows.push_back(std::move(cells));
    }
  }
  return table;
}

TextTable WaterfallTable(const RowIndex& rows, const PaperExperiment& experiment) {
  const PaperWaterfall& waterfall = *experiment.waterfall;
  const TableRow row{waterfall.env, waterfall.bandwidth, waterfall.model};
  const std::vector<std::string> profiles = WaterfallProfiles(experiment);
  TextTable table{fmt::format("EMULATED, waterfall in {} at {} Mbit/s, {}: seconds as one choice "
                              "after the other becomes that of {}",
                              row.env, row.mbps(), row.model, experiment.profiles.back()),
                  {"system"},
                  {}};
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    table.header.push_back(i == 0 ? profiles[0] : "+ " + waterfall.parts[i - 1]);
  }
  for (const Column& column : ColumnsOf(experiment)) {
    std::vector<std::string> cells = {column.title};
    for (const std::string& profile : profiles) {
      cells.push_back(ShowSeconds(rows.Find(profile, row, column.name, column.policy)));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

}  // namespace jupiter

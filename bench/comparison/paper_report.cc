#include <algorithm>
#include <optional>

#include "bench/comparison/agreement.h"
#include "bench/comparison/bound_table.h"
#include "bench/comparison/findings.h"
#include "bench/comparison/memory_table.h"
#include "bench/comparison/report.h"
#include "bench/comparison/score.h"
#include "bench/comparison/score_report.h"
#include "bench/comparison/tables.h"
#include "bench/paper/published.h"
#include "bench/paper/systems.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

class PaperReport : public ExperimentReport {
 public:
  PaperReport(const PaperExperiment& experiment, std::vector<Reading> readings,
              const std::string& folder)
      : experiment_(experiment), readings_(std::move(readings)), published_(folder + "/published") {
    if (JupiterRows::AreIn(folder)) jupiter_.emplace(folder);
  }

  std::string Tables(const std::vector<ResultRow>& rows, bool markdown) const override {
    const RowIndex index(rows);
    std::string text;
    const std::string& first = experiment_.profiles.front();
    for (const std::string& profile : experiment_.profiles) {
      const bool compared = profile == first;
      const std::vector<ScoredRow> scored =
          compared ? Scored(index, profile) : std::vector<ScoredRow>{};
      text += Render(EndToEndTable(index, experiment_, profile, published_, scored), kTableKeys,
                     markdown);
    }
    text += Render(PerTokenTable(index, experiment_, first, published_), kBarKeys, markdown);
    for (const std::string& profile : experiment_.profiles) {
      text += Render(BoundTable(index, experiment_, profile), kBoundKeys, markdown);
    }
    text += Render(MemoryTable(index, experiment_, first), kMemoryKeys, markdown);
    if (experiment_.waterfall) {
      text += Render(WaterfallTable(index, experiment_), kWaterfallKeys, markdown);
    }
    for (const auto& [reading, profile] : experiment_.readings) {
      text += Render(ScoreTable(Scored(index, profile), profile, reading), kScoreKeys, markdown);
    }
    const Agreement agreement = CompareToPublished(index, experiment_, first, published_);
    if (!agreement.cells.empty()) text += Show(agreement, first);
    if (jupiter_) {
      text += List("Jupiter's rows, and how ours compare:",
                   ScoreLines(index, experiment_, published_, *jupiter_), markdown);
    }
    const Findings findings =
        FindingsOf(index, experiment_, published_, jupiter_ ? &*jupiter_ : nullptr);
    text += List("Findings:", findings.first, markdown);
    std::vector<std::string> more = findings.more;
    for (const std::string& line : BoundLines(index, experiment_)) more.push_back(line);
    return text + List("And:", more, markdown);
  }

  // One file per policy: predictions.csv has the system's own.
  std::vector<File> Files(const std::vector<ResultRow>& rows) const override {
    std::vector<File> files;
    for (const std::string& policy : experiment_.PoliciesOf(kJupiterSystem)) {
      const std::string name =
          files.empty() ? "predictions.csv" : fmt::format("predictions-{}.csv", policy);
      files.emplace_back(name, ToCsv(Predictions(rows, policy)));
    }
    return files;
  }

  // Published runs are those of the workload itself; how they decode is a reading.
  void TakePublished(ResultRow& row) const override {
    if (!row.variation.empty() || row.policy != "plain") return;
    const PublishedCell* cell = published_.Cell(row.env, row.bandwidth_mbps.value_or(0), row.model,
                                                FindSystem(row.system).published);
    if (cell == nullptr) return;
    row.published_oom = cell->oom;
    if (!cell->oom) row.published_e2e_s = cell->seconds;
  }

 private:
  std::vector<ScoredRow> Scored(const RowIndex& index, const std::string& profile) const {
    if (!jupiter_) return {};
    return jupiter_->Score(index, experiment_, profile);
  }

  static std::string List(const char* title, const std::vector<std::string>& lines, bool markdown) {
    if (lines.empty()) return {};
    std::string text = fmt::format("{}{}\n", markdown ? "\n" : "", title);
    for (const std::string& line : lines)
      text += fmt::format("{}- {}\n", markdown ? "\n" : "", line);
    return text;
  }

  std::vector<PaperPrediction> Predictions(const std::vector<ResultRow>& rows,
                                           const std::string& policy) const {
    return PredictionsOf(rows, experiment_, readings_, kJupiterSystem, policy);
  }

  const PaperExperiment& experiment_;
  const std::vector<Reading> readings_;
  const Published published_;           // baselines
  std::optional<JupiterRows> jupiter_;  // where its rows lie beside
};

}  // namespace

std::string Render(TextTable table, int left, bool markdown) {
  std::erase_if(table.rows, [left](const std::vector<std::string>& row) {
    return std::all_of(row.begin() + left, row.end(),
                       [](const std::string& cell) { return cell == kNotRun; });
  });
  if (table.rows.empty()) return {};
  return (markdown ? ToMarkdown(table, left) : ToText(table, left)) + "\n";
}

std::unique_ptr<ExperimentReport> MakePaperReport(const PaperExperiment& experiment,
                                                  const std::vector<Reading>& readings,
                                                  const std::string& folder) {
  return std::make_unique<PaperReport>(experiment, readings, folder);
}

}  // namespace jupiter

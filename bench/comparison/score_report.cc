#include "bench/comparison/score_report.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "bench/comparison/tables.h"
#include "bench/paper/systems.h"
#include "bench/report/metrics.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

using Errors = std::vector<double>;

void AddError(const std::optional<double>& ours, const std::optional<double>& published,
              Errors& errors) {
  if (ours && published) errors.push_back(*ours / *published - 1);
}

double MedianSize(Errors errors) {
  for (double& error : errors) error = std::abs(error);
  return Quantile(errors, 0.5);
}

// "median 5.1 %, largest -15.8 %"
std::string ShowErrors(const Errors& errors) {
  if (errors.empty()) return "nothing to compare";
  const double largest = *std::max_element(
      errors.begin(), errors.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  return fmt::format("median {:.1f} %, largest {:+.1f} %", 100 * MedianSize(errors), 100 * largest);
}

Errors ErrorsOf(const std::vector<ScoredRow>& scored, std::optional<double> ScoredRow::*ours) {
  Errors errors;
  for (const ScoredRow& row : scored) AddError(row.*ours, row.published_s, errors);
  return errors;
}

std::string Beside(const std::optional<double>& ours, const std::optional<double>& published) {
  if (!ours) return kNotRun;
  if (!published) return Digits(*ours);
  return fmt::format("{} / {} {:+.1f}%", Digits(*ours), Digits(*published),
                     100 * (*ours / *published - 1));
}

struct Extremes {
  double least = 0, most = 0;
  int count = 0;
  void Add(double value) {
    least = count == 0 ? value : std::min(least, value);
    most = count == 0 ? value : std::max(most, value);
    ++count;
  }
  std::string Show(int digits) const {
    return fmt::format("{:.{}f} to {:.{}f}", least, digits, most, digits);
  }
};

class Lines {
 public:
  Lines(const RowIndex& rows, const PaperExperiment& experiment, const Published& baselines,
        const JupiterRows& jupiter)
      : rows_(rows), experiment_(experiment), baselines_(baselines), jupiter_(jupiter) {}

  std::vector<std::string> All() {
    for (const auto& [reading, profile] : experiment_.readings) ErrorsOfReading(reading, profile);
    NoOutline();
    if (lines_.empty()) return {};
    Provenance();
    Frozen();
    FourNumbers();
    Nulls();
    Law();
    SpeedUps();
    return std::move(lines_);
  }

 private:
  template <typename... Args>
  void Say(fmt::format_string<Args...> text, Args&&... args) {
    lines_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  void ErrorsOfReading(const std::string& reading, const std::string& profile) {
    const std::vector<ScoredRow> scored = jupiter_.Score(rows_, experiment_, profile);
    if (scored.empty()) return;
    Errors prefill, decode;
    for (const ScoredRow& row : scored) {
      AddError(row.prefill_ms, row.published_prefill_ms, prefill);
      AddError(row.decode_ms, row.published_decode_ms, decode);
    }
    Say("Reading {} ({}), {} cells: whole {}; published {}; prefill bars {}; decode bars {} "
        "(errors of the bars partly cancel in the sum). The answer counted from when every point "
        "has its first token: {}; by rounds: {}.",
        reading, profile, scored.size(), ShowErrors(ErrorsOf(scored, &ScoredRow::whole_s)),
        ShowErrors(ErrorsOf(scored, &ScoredRow::published_way_s)), ShowErrors(prefill),
        ShowErrors(decode), ShowErrors(ErrorsOf(scored, &ScoredRow::settled_s)),
        ShowErrors(ErrorsOf(scored, &ScoredRow::by_rounds_s)));
  }

  void Provenance() {
    Say("Where that comes from: parameters are fitted to baselines only. Predictions were "
        "committed "
        "before the rows were opened (below), all by `whole`. The accounting `published` was "
        "chosen "
        "when the rows were open. The README had the paper's \"26.1 times\" before any prediction, "
        "which gives away one cell. The rows are public: that nobody looked at them cannot be "
        "proven.");
    Say("Jupiter's published rows have no term of their own for an outline: either none was used, "
        "or it was not counted. The rows cannot say which.");
  }

  void Frozen() {
    std::string text;
    for (const FrozenPrediction& frozen : jupiter_.frozen()) {
      text += fmt::format("{}{} {}: {}, {} of {} inside", text.empty() ? "" : "; ", frozen.commit,
                          frozen.reading, ShowErrors(frozen.errors), frozen.inside,
                          frozen.errors.size());
    }
    Say("Predictions as they were committed, by `whole` (inside: of the reading's own interval): "
        "{}.",
        text);
  }

  // A reading that has no outline, as the authors' public code: Jupiter under policy plain.
  void NoOutline() {
    for (const auto& [reading, profile] : experiment_.readings) {
      Errors errors;
      for (const TableRow& row : TableRowsOf(experiment_)) {
        const ResultRow* plain = rows_.Find(profile, row, kJupiterSystem, "plain");
        const PublishedCell* cell = jupiter_.Cell(row);
        if (plain != nullptr && plain->e2e_s && cell != nullptr) {
          errors.push_back(*plain->e2e_s / cell->seconds - 1);
        }
      }
      if (!errors.empty()) {
        Say("Without outline and drafts (policy plain), reading {}: {}.", reading,
            ShowErrors(errors));
      }
    }
  }

  const PublishedCell* Baseline(const TableRow& row, const char* system) const {
    const PublishedCell* cell = baselines_.Cell(row.env, row.mbps(), row.model, system);
    return cell == nullptr || cell->oom ? nullptr : cell;
  }

  void FourNumbers() {
    Extremes ratio;
    std::map<std::string, std::vector<double>> seconds;
    for (const TableRow& row : TableRowsOf(experiment_)) {
      const PublishedCell* cell = jupiter_.Cell(row);
      const PublishedCell* edgeshard = Baseline(row, "EdgeShard");
      if (cell == nullptr || edgeshard == nullptr) continue;
      ratio.Add(cell->seconds / edgeshard->seconds);
      seconds[fmt::format("{} {}", row.env, row.model)].push_back(cell->seconds);
    }
    if (ratio.count == 0) return;
    std::vector<std::string> means;
    for (const auto& [name, values] : seconds) {
      double sum = 0;
      for (double value : values) sum += value;
      means.push_back(fmt::format("{} {:.1f} s", name, sum / static_cast<double>(values.size())));
    }
    Say("{} cells are at most {} numbers: published Jupiter / EdgeShard is {} in all of them; "
        "means "
        "{}.",
        ratio.count, means.size(), ratio.Show(3), fmt::join(means, ", "));
  }

  // What explains the rows as well and knows nothing of Jupiter.
  void Nulls() {
    constexpr double kPrefill = 2, kDecode = 2.4;
    Errors halved, constant;
    double log_ratios = 0;
    std::vector<std::pair<double, double>> cells;  // Jupiter, EdgeShard
    for (const TableRow& row : TableRowsOf(experiment_)) {
      const PublishedCell* cell = jupiter_.Cell(row);
      const PublishedCell* edgeshard = Baseline(row, "EdgeShard");
      if (cell == nullptr || edgeshard == nullptr) continue;
      cells.emplace_back(cell->seconds, edgeshard->seconds);
      log_ratios += std::log(cell->seconds / edgeshard->seconds);
      const PublishedBar* prefill =
          baselines_.Bar(row.env, row.mbps(), row.model, "prefill", "EdgeShard");
      const PublishedBar* decode =
          baselines_.Bar(row.env, row.mbps(), row.model, "decode", "EdgeShard");
      if (prefill == nullptr || decode == nullptr || prefill->oom || decode->oom) continue;
      const double seconds = (experiment_.prompt_tokens * prefill->ms_per_token / kPrefill +
                              experiment_.generated_tokens * decode->ms_per_token / kDecode) /
                             1e3;
      halved.push_back(seconds / cell->seconds - 1);
    }
    if (cells.empty()) return;
    const double ratio = std::exp(log_ratios / static_cast<double>(cells.size()));
    for (const auto& [jupiter, edgeshard] : cells) {
      constant.push_back(ratio * edgeshard / jupiter - 1);
    }
    Say("Nulls, which know nothing of Jupiter: EdgeShard's bars, prefill / {} and decode / {}: {}; "
        "EdgeShard's seconds x {:.3f} (the mean ratio, taken from these rows): {}.",
        kPrefill, kDecode, ShowErrors(halved), ratio, ShowErrors(constant));
  }

  // Whether published cells are the sum of published bars.
  void Law() {
    Errors errors;
    double squares = 0;
    for (const TableRow& row : TableRowsOf(experiment_)) {
      const PublishedCell* cell = jupiter_.Cell(row);
      const PublishedBar* prefill = jupiter_.Bar(row, "prefill");
      const PublishedBar* decode = jupiter_.Bar(row, "decode");
      if (cell == nullptr || prefill == nullptr || decode == nullptr) continue;
      errors.push_back((experiment_.prompt_tokens * prefill->ms_per_token +
                        experiment_.generated_tokens * decode->ms_per_token) /
                           1e3 / cell->seconds -
                       1);
      squares += errors.back() * errors.back();
    }
    if (errors.empty()) return;
    Say("The law itself, {} x prefill + {} x decode of Jupiter's own bars, leaves {} of its cells "
        "(rms {:.1f} %, {} cells).",
        experiment_.prompt_tokens, experiment_.generated_tokens, ShowErrors(errors),
        100 * std::sqrt(squares / static_cast<double>(errors.size())), errors.size());
  }

  // The paper's largest factor, and what ours are in the same row.
  void SpeedUps() {
    const TableRow* best = nullptr;
    double most = 0;
    const std::vector<TableRow> all = TableRowsOf(experiment_);
    for (const TableRow& row : all) {
      const PublishedCell* cell = jupiter_.Cell(row);
      const PublishedCell* megatron = Baseline(row, "M-LM");
      if (cell == nullptr || megatron == nullptr || megatron->seconds / cell->seconds <= most) {
        continue;
      }
      most = megatron->seconds / cell->seconds;
      best = &row;
    }
    if (best == nullptr) return;
    std::string text;
    for (const std::string& profile : experiment_.profiles) {
      text += (text.empty() ? "" : "; ") + SpeedUpsIn(*best, profile);
    }
    Say("The paper's {:.1f} times is {} at {} Mbit/s, {}, against M-LM. In that row ours are, "
        "against M-LM, EdgeShard and one device: {}.",
        most, best->env, best->mbps(), best->model, text);
  }

  std::string SpeedUpsIn(const TableRow& row, const std::string& profile) const {
    std::vector<ScoredRow> scored = jupiter_.Score(rows_, experiment_, profile);
    std::erase_if(scored, [&](const ScoredRow& one) {
      return one.row.env != row.env || one.row.bandwidth != row.bandwidth ||
             one.row.model != row.model;
    });
    if (scored.empty()) return fmt::format("under {} not run", profile);
    const ResultRow* plain = rows_.Find(profile, row, kJupiterSystem, "plain");
    std::vector<std::string> parts;
    const auto add = [&](const char* name, const std::optional<double>& seconds) {
      std::vector<std::string> factors;
      for (const char* system : {kMegatronSystem, kEdgeShardSystem, kLocalSystem}) {
        const ResultRow* other = rows_.Find(profile, row, system);
        factors.push_back(other != nullptr && other->e2e_s && seconds
                              ? fmt::format("{:.2f}", *other->e2e_s / *seconds)
                              : kNotRun);
      }
      parts.push_back(fmt::format("{} {}", name, fmt::join(factors, ", ")));
    };
    add("whole", scored.front().whole_s);
    add("published", scored.front().published_way_s);
    add("policy plain", plain == nullptr ? std::nullopt : plain->e2e_s);
    return fmt::format("under {} {}", profile, fmt::join(parts, "; "));
  }

  const RowIndex& rows_;
  const PaperExperiment& experiment_;
  const Published& baselines_;
  const JupiterRows& jupiter_;
  std::vector<std::string> lines_;
};

// What a faster network saves, published and by ours; empty where nothing has run.
std::string BandwidthLine(const PaperExperiment& experiment, const std::string& reading,
                          const std::vector<ScoredRow>& scored) {
  const auto [slow, fast] =
      std::minmax_element(experiment.bandwidths.begin(), experiment.bandwidths.end());
  Extremes published, ours;
  for (const ScoredRow& a : scored) {
    for (const ScoredRow& b : scored) {
      const bool pair = a.row.env == b.row.env && a.row.model == b.row.model &&
                        a.row.bandwidth == *slow && b.row.bandwidth == *fast;
      if (!pair || !a.published_way_s || !b.published_way_s) continue;
      published.Add(a.published_s - b.published_s);
      ours.Add(*a.published_way_s - *b.published_way_s);
    }
  }
  if (published.count == 0 || *slow == *fast) return "";
  return fmt::format(
      "From {} to {} Mbit/s the published seconds of Jupiter fall by {}, ours (published, reading "
      "{}) by {}{}",
      *slow / 1e6, *fast / 1e6, published.Show(1), reading, ours.Show(1),
      ours.most < published.least ? ": ours miss the effect of bandwidth in every row." : ".");
}

// How far Jupiter is by each accounting.
std::string WholeLine(const std::string& reading, const std::string& profile,
                      const std::vector<ScoredRow>& scored) {
  Extremes times;
  for (const ScoredRow& row : scored) {
    if (row.whole_s) times.Add(*row.whole_s / row.published_s);
  }
  if (times.count == 0) return "";
  return fmt::format(
      "With everything counted (whole) Jupiter takes {} times the published seconds under {} "
      "(reading {}); only by the accounting that was chosen when the rows were open (published) it "
      "comes near them: {}.",
      times.Show(2), profile, reading, ShowErrors(ErrorsOf(scored, &ScoredRow::published_way_s)));
}

}  // namespace

std::vector<std::string> ScoreFindings(const RowIndex& rows, const PaperExperiment& experiment,
                                       const JupiterRows& jupiter) {
  if (experiment.readings.empty()) return {};
  const auto& [reading, profile] = experiment.readings.front();
  const std::vector<ScoredRow> scored = jupiter.Score(rows, experiment, profile);
  std::vector<std::string> lines = {WholeLine(reading, profile, scored),
                                    BandwidthLine(experiment, reading, scored)};
  std::erase(lines, "");
  return lines;
}

TextTable ScoreTable(const std::vector<ScoredRow>& scored, const std::string& profile,
                     const std::string& reading) {
  TextTable table{
      fmt::format("EMULATED, {}, Jupiter under reading {}: seconds by two accountings, and ms per "
                  "token (ours / published, error)",
                  profile, reading),
      {"env", "Mbit/s", "model", "whole s", "published s", "prefill ms", "decode ms",
       "when settled s", "by rounds s"},
      {}};
  for (const ScoredRow& row : scored) {
    table.rows.push_back(
        {row.row.env, fmt::format("{}", row.row.mbps()), row.row.model,
         Beside(row.whole_s, row.published_s), Beside(row.published_way_s, row.published_s),
         Beside(row.prefill_ms, row.published_prefill_ms),
         Beside(row.decode_ms, row.published_decode_ms), Beside(row.settled_s, row.published_s),
         Beside(row.by_rounds_s, row.published_s)});
  }
  return table;
}

std::vector<std::string> ScoreLines(const RowIndex& rows, const PaperExperiment& experiment,
                                    const Published& baselines, const JupiterRows& jupiter) {
  return Lines(rows, experiment, baselines, jupiter).All();
}

}  // namespace jupiter

#include "bench/comparison/findings.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "bench/comparison/score_report.h"
#include "bench/paper/systems.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

// A value of every row of the table that has one.
struct SpeedRange {
  double least = 0;
  double most = 0;
  int rows = 0;
  void Add(double value) {
    least = rows == 0 ? value : std::min(least, value);
    most = std::max(most, value);
    ++rows;
  }
};

class Finder {
 public:
  Finder(const RowIndex& rows, const PaperExperiment& experiment, const Published& published)
      : rows_(rows), experiment_(experiment), published_(published) {}

  Findings Run(const JupiterRows* jupiter) {
    Findings findings;
    const auto& models = experiment_.models;
    SingleDevice(models.front().first);
    const std::vector<std::string> scored = jupiter == nullptr
                                                ? std::vector<std::string>{}
                                                : ScoreFindings(rows_, experiment_, *jupiter);
    lines_.insert(lines_.end(), scored.begin(), scored.end());
    AgainstOthers(first(), "plain");
    Collectives();
    findings.first = std::exchange(lines_, {});
    for (std::size_t i = 1; i < models.size(); ++i) SingleDevice(models[i].first);
    OwnPlan();
    Overlap();
    for (const std::string& profile : experiment_.profiles) {
      for (const std::string& policy : experiment_.PoliciesOf(kJupiterSystem)) {
        if (profile != first() || policy != "plain") AgainstOthers(profile, policy);
      }
    }
    Outline();
    findings.more = std::move(lines_);
    return findings;
  }

 private:
  const ResultRow* Timed(const std::string& profile, const TableRow& row,
                         const std::string& system) const {
    const ResultRow* found =
        rows_.Find(profile, row, system, experiment_.PoliciesOf(system).front());
    return found != nullptr && found->e2e_s ? found : nullptr;
  }
  const std::string& first() const { return experiment_.profiles.front(); }

  // Which published cells one device beats.
  void SingleDevice(const std::string& model) {
    int cells = 0;
    std::vector<std::string> faster;
    SpeedRange seconds;
    std::string device;
    bool oom = false;
    for (const TableRow& row : TableRowsOf(experiment_)) {
      const ResultRow* tried =
          row.model == model ? rows_.Find(first(), row, kLocalSystem) : nullptr;
      oom |= tried != nullptr && tried->oom;
      const ResultRow* local = row.model == model ? Timed(first(), row, kLocalSystem) : nullptr;
      if (local == nullptr) continue;
      seconds.Add(*local->e2e_s);
      device = local->note;
      for (const PaperSystem& system : PaperSystems()) {
        const PublishedCell* cell =
            published_.Cell(row.env, row.mbps(), row.model, system.published);
        if (cell == nullptr || cell->oom) continue;
        ++cells;
        if (cell->seconds >= *local->e2e_s) continue;
        faster.push_back(fmt::format("{} {} {}", row.env, row.mbps(), system.published));
      }
    }
    if (seconds.rows == 0) {
      if (oom) lines_.push_back(fmt::format("No single device can hold {} (OOM).", model));
      return;
    }
    lines_.push_back(fmt::format(
        "One device alone ({}) takes {:.1f} s for {} under {}: of {} published baseline cells of "
        "this model {} are faster{}{}.",
        device, seconds.least, model, first(), cells, faster.size(), faster.empty() ? "" : ": ",
        fmt::join(faster, ", ")));
  }

  // What tensor parallelism spends on messages, by what collectives are assumed to cost.
  void Collectives() {
    if (!experiment_.waterfall) return;
    const PaperWaterfall& waterfall = *experiment_.waterfall;
    const TableRow row{waterfall.env, waterfall.bandwidth, waterfall.model};
    std::vector<std::string> parts;
    for (const std::string& profile : experiment_.profiles) {
      const ResultRow* found = Timed(profile, row, kMegatronSystem);
      if (found == nullptr) return;
      double compute = 0;
      for (const RankResult& rank : found->per_rank) compute = std::max(compute, rank.compute_ms);
      parts.push_back(fmt::format("{:.1f} s under {}, {:.1f} s of it waiting for messages",
                                  *found->e2e_s, profile, *found->e2e_s - compute / 1e3));
    }
    lines_.push_back(
        fmt::format("Megatron-LM, {} in {} at {} Mbit/s: {}: what collectives are "
                    "assumed to move decides the comparison.",
                    row.model, row.env, row.mbps(), fmt::join(parts, "; ")));
  }

  // EdgeShard's latency planner against the plan that the published runs must have had.
  void OwnPlan() {
    SpeedRange gain;
    for (const TableRow& row : TableRowsOf(experiment_)) {
      const ResultRow* forced = Timed(first(), row, kEdgeShardSystem);
      const ResultRow* own = Timed(first(), row, kEdgeShardOwnPlanSystem);
      if (forced != nullptr && own != nullptr) gain.Add(*forced->e2e_s / *own->e2e_s);
    }
    if (gain.rows == 0) return;
    lines_.push_back(fmt::format(
        "EdgeShard's published rows use all devices; its own latency planner would be {:.2f} to "
        "{:.2f} times as fast in these {} rows ({}).",
        gain.least, gain.most, gain.rows, first()));
  }

  // How much faster overlap makes Galaxy's published prefill than M-LM's, which sends as much.
  void Overlap() {
    std::map<int, SpeedRange> ratios;  // by Mbit/s
    for (const TableRow& row : TableRowsOf(experiment_)) {
      const auto bar = [&](const char* system) {
        const PublishedBar* found =
            published_.Bar(row.env, row.mbps(), row.model, "prefill", system);
        return found == nullptr || found->oom ? 0.0 : found->ms_per_token;
      };
      if (bar("Galaxy") > 0 && bar("M-LM") > 0 && Timed(first(), row, kGalaxySystem) != nullptr) {
        ratios[static_cast<int>(row.mbps())].Add(bar("Galaxy") / bar("M-LM"));
      }
    }
    if (ratios.size() < 2) return;
    std::vector<std::string> parts;
    for (const auto& [mbps, range] : ratios) {
      parts.push_back(fmt::format("{:.2f} to {:.2f} at {} Mbit/s", range.least, range.most, mbps));
    }
    lines_.push_back(fmt::format(
        "Galaxy's published prefill takes, in times of M-LM's, {}: overlap hides what computing "
        "covers, which is another share at another bandwidth, and no one rule gives all of them; "
        "the residual of its prefill above stands.",
        fmt::join(parts, ", ")));
  }

  // Jupiter under one of its policies, the others under their own.
  void AgainstOthers(const std::string& profile, const std::string& policy) {
    SpeedRange best;
    SpeedRange local;
    for (const TableRow& row : TableRowsOf(experiment_)) {
      const ResultRow* jupiter = rows_.Find(profile, row, kJupiterSystem, policy);
      if (jupiter == nullptr || !jupiter->e2e_s) continue;
      double least = 0;
      for (const std::string& system : experiment_.systems) {
        const ResultRow* other = system == kJupiterSystem ? nullptr : Timed(profile, row, system);
        if (other == nullptr) continue;
        least = least == 0 ? *other->e2e_s : std::min(least, *other->e2e_s);
        if (system == kLocalSystem) local.Add(*other->e2e_s / *jupiter->e2e_s);
      }
      if (least > 0) best.Add(least / *jupiter->e2e_s);
    }
    if (best.rows == 0) return;
    std::string line = fmt::format(
        "Jupiter, policy {}, under {}: {:.2f} to {:.2f} times as fast as the best other system of "
        "the row, which decodes plainly",
        policy, profile, best.least, best.most);
    if (local.rows > 0) {
      line += fmt::format(", {:.2f} to {:.2f} times as one device alone where that holds the model",
                          local.least, local.most);
    }
    lines_.push_back(line + ".");
  }

  // Where the time of an outline goes.
  void Outline() {
    SpeedRange skeleton;
    const ResultRow* any = nullptr;
    for (const TableRow& row : TableRowsOf(experiment_)) {
      const ResultRow* found = Timed(first(), row, kJupiterSystem);
      if (found == nullptr || !found->skeleton_s) continue;
      skeleton.Add(*found->skeleton_s / *found->e2e_s);
      any = found;
    }
    if (any == nullptr) return;
    lines_.push_back(fmt::format(
        "Outlines of the workload: {} points; {} tokens generated for the outline and {} of "
        "prompts beyond the question's are extra work for an answer of {} tokens. Of Jupiter's "
        "end-to-end time under {} {:.0f} to {:.0f} % has passed when the outline is known.",
        any->requests, any->skeleton_tokens, any->extra_prompt_tokens, any->gen_tokens, first(),
        100 * skeleton.least, 100 * skeleton.most));
  }

  const RowIndex& rows_;
  const PaperExperiment& experiment_;
  const Published& published_;
  std::vector<std::string> lines_;
};

}  // namespace

Findings FindingsOf(const RowIndex& rows, const PaperExperiment& experiment,
                    const Published& published, const JupiterRows* jupiter) {
  return Finder(rows, experiment, published).Run(jupiter);
}

}  // namespace jupiter

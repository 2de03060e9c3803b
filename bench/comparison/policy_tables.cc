#include "bench/comparison/policy_tables.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "bench/comparison/tables.h"
#include "bench/paper/systems.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

std::string DigitsIfAny(const std::optional<double>& value) {
  return value ? Digits(*value) : kNotRun;
}

std::vector<std::string> KeysOf(const TableRow& row, const std::string& policy) {
  return {row.env, fmt::format("{}", row.mbps()), row.model, policy};
}

struct Best {
  std::string system;
  double seconds = 0;
};

// What jupiter is compared with: one profile, one way to count.
struct View {
  const RowIndex& rows;
  const PaperExperiment& experiment;
  const std::string& profile;
  Accounting accounting;

  std::optional<double> Seconds(const TableRow& row, const std::string& system,
                                const std::string& policy) const {
    return SecondsOf(rows, profile, row, system, policy, accounting);
  }
};

std::optional<Best> BestOther(const View& view, const TableRow& row, const std::string& policy) {
  std::optional<Best> best;
  for (const std::string& system : view.experiment.systems) {
    const std::optional<double> seconds = view.Seconds(row, system, policy);
    if (system == kJupiterSystem || !seconds) continue;
    if (!best || *seconds < best->seconds) best = {system, *seconds};
  }
  return best;
}

// How many times as fast jupiter is; nothing where either has not run.
std::optional<double> GainOf(const View& view, const TableRow& row, const std::string& policy) {
  const std::optional<double> ours = view.Seconds(row, kJupiterSystem, policy);
  const std::optional<Best> other = BestOther(view, row, policy);
  if (!ours || !other) return std::nullopt;
  return other->seconds / *ours;
}

// Tokens per second while all requests decode, and of the whole answer.
std::string RoundRate(const ResultRow& row) {
  if (!row.round_s) return "-";
  return Digits(row.requests * row.tokens_per_step / *row.round_s);
}
std::string EndToEndRate(const ResultRow& row) { return Digits(row.gen_tokens / *row.e2e_s); }

bool HasOthers(const PaperExperiment& experiment) { return experiment.systems.size() > 1; }

}  // namespace

TextTable PolicyTable(const RowIndex& rows, const PaperExperiment& experiment,
                      const std::string& profile, Accounting accounting) {
  const View view{rows, experiment, profile, accounting};
  TextTable table{
      fmt::format("EMULATED, {}: {} by policy, {} prompt tokens and an answer of {}", profile,
                  accounting == Accounting::kWhole
                      ? "end-to-end seconds"
                      : "seconds as the paper's rows may be counted (published)",
                  experiment.prompt_tokens, experiment.generated_tokens),
      {"env", "Mbit/s", "model", "policy"},
      {}};
  for (const std::string& system : experiment.systems) {
    table.header.emplace_back(FindSystem(system).column);
  }
  if (HasOthers(experiment)) table.header.insert(table.header.end(), {"best other", "gain"});
  for (const TableRow& row : TableRowsOf(experiment)) {
    for (const std::string& policy : experiment.Policies()) {
      std::vector<std::string> cells = KeysOf(row, policy);
      bool any = false;
      for (const std::string& system : experiment.systems) {
        const ResultRow* found = rows.Find(profile, row, system, policy);
        any |= found != nullptr;
        const std::optional<double> seconds = view.Seconds(row, system, policy);
        cells.push_back(seconds ? Digits(*seconds) : ShowSeconds(found));
      }
      if (!any) continue;
      if (HasOthers(experiment)) {
        const auto best = BestOther(view, row, policy);
        const auto gain = GainOf(view, row, policy);
        cells.push_back(best ? best->system : "-");
        cells.push_back(gain ? fmt::format("{:.2f}x", *gain) : "-");
      }
      table.rows.push_back(std::move(cells));
    }
  }
  return table;
}

TextTable PhaseTable(const RowIndex& rows, const PaperExperiment& experiment,
                     const std::string& profile, const std::string& system) {
  TextTable table{
      fmt::format("EMULATED, {}, {}: where the time goes", profile, FindSystem(system).column),
      {"env", "Mbit/s", "model", "policy", "end to end s", "times plain", "outline known s",
       "first token s", "ms/token after", "rows", "tokens/step", "extra tokens"},
      {}};
  for (const TableRow& row : TableRowsOf(experiment)) {
    const ResultRow* plain = rows.Find(profile, row, system, "plain");
    for (const std::string& policy : experiment.PoliciesOf(system)) {
      const ResultRow* found = rows.Find(profile, row, system, policy);
      if (found == nullptr || !found->e2e_s) continue;
      std::vector<std::string>& cells = table.rows.emplace_back(KeysOf(row, policy));
      const bool compared = plain != nullptr && plain->e2e_s;
      cells.push_back(ShowSeconds(found));
      cells.push_back(compared ? fmt::format("{:.2f}x", *plain->e2e_s / *found->e2e_s) : "-");
      cells.push_back(DigitsIfAny(found->skeleton_s));
      cells.push_back(DigitsIfAny(found->ttft_s));
      cells.push_back(DigitsIfAny(found->decode_ms_per_token));
      cells.push_back(fmt::format("{}", found->rows));
      cells.push_back(fmt::format("{:.2f}", found->tokens_per_step));
      cells.push_back(fmt::format("{} + {}", found->skeleton_tokens, found->extra_prompt_tokens));
    }
  }
  return table;
}

TextTable RoundTable(const RowIndex& rows, const PaperExperiment& experiment,
                     const std::string& profile, const std::string& system) {
  TextTable table{fmt::format("EMULATED, {}, {}: rounds of the answer's requests, replayed / by "
                              "formula",
                              profile, FindSystem(system).column),
                  {"env", "Mbit/s", "model", "policy", "requests", "round s", "in flight",
                   "at work", "utilisation", "tokens/s in it", "end to end"},
                  {}};
  const auto pair = [](const std::optional<double>& replayed, const std::optional<double>& formula,
                       const char* format) {
    const auto show = [&](const std::optional<double>& value) {
      return value ? fmt::format(fmt::runtime(format), *value) : std::string("-");
    };
    return show(replayed) + " / " + show(formula);
  };
  for (const TableRow& row : TableRowsOf(experiment)) {
    for (const std::string& policy : experiment.PoliciesOf(system)) {
      const ResultRow* found = rows.Find(profile, row, system, policy);
      if (found == nullptr || !found->round_s) continue;
      std::vector<std::string>& cells = table.rows.emplace_back(KeysOf(row, policy));
      cells.push_back(fmt::format("{}", found->requests));
      cells.push_back(pair(found->round_s, found->formula_round_s, "{:.3f}"));
      cells.push_back(pair(found->in_flight, found->formula_in_flight, "{:.2f}"));
      cells.push_back(DigitsIfAny(found->formula_at_work));
      cells.push_back(pair(found->utilisation, found->formula_utilisation, "{:.2f}"));
      cells.push_back(RoundRate(*found));
      cells.push_back(EndToEndRate(*found));
    }
  }
  return table;
}

TextTable SensitivityTable(const RowIndex& rows, const Sensitivity& of) {
  const TableRow row{of.env, of.bandwidth, of.model};
  TextTable table{fmt::format("EMULATED, {}: what the workload decides, {} with policy {} in {} at "
                              "{} Mbit/s, {}",
                              of.profile, FindSystem(of.system).column, of.policy, of.env,
                              row.mbps(), of.model),
                  {"changed", "end to end s", "s/token", "to the base", "outline known s",
                   "ms/token after first", "tokens/step", "requests", "tokens/s of a round"},
                  {}};
  const ResultRow* base = rows.Find(of.profile, row, of.system, of.policy);
  std::vector<std::string> variations = {""};
  variations.insert(variations.end(), of.variations.begin(), of.variations.end());
  for (const std::string& variation : variations) {
    const ResultRow* found = rows.Find(of.profile, row, of.system, of.policy, variation);
    if (found == nullptr || !found->e2e_s) continue;
    const double per_token = *found->e2e_s / found->gen_tokens;
    const bool compared = base != nullptr && base->e2e_s;
    table.rows.push_back(
        {variation.empty() ? "nothing" : variation, ShowSeconds(found), Digits(per_token),
         compared
             ? fmt::format("{:+.0f} %", 100 * (per_token * base->gen_tokens / *base->e2e_s - 1))
             : "-",
         DigitsIfAny(found->skeleton_s), DigitsIfAny(found->decode_ms_per_token),
         fmt::format("{:.2f}", found->tokens_per_step), fmt::format("{}", found->requests),
         RoundRate(*found)});
  }
  return table;
}

std::vector<std::string> HeadlinesOf(const RowIndex& rows, const PaperExperiment& experiment,
                                     Accounting accounting) {
  const char* counted = accounting == Accounting::kWhole ? "" : " by the accounting published";
  std::vector<std::string> lines;
  for (const std::string& profile : experiment.profiles) {
    const View view{rows, experiment, profile, accounting};
    for (const std::string& policy : experiment.Policies()) {
      std::vector<double> gains;
      for (const TableRow& row : TableRowsOf(experiment)) {
        const auto gain = GainOf(view, row, policy);
        if (gain) gains.push_back(*gain);
      }
      if (gains.empty()) continue;
      const auto [least, most] = std::minmax_element(gains.begin(), gains.end());
      lines.push_back(fmt::format(
          "{}, policy {} for all{}: jupiter is {:.2f} to {:.2f} times as fast as the best other "
          "system of the row, and faster in {} of {} rows.",
          profile, policy, counted, *least, *most,
          std::count_if(gains.begin(), gains.end(), [](double gain) { return gain > 1; }),
          gains.size()));
    }
  }
  return lines;
}

std::vector<std::string> GainsOf(const RowIndex& rows, const PaperExperiment& experiment) {
  std::vector<std::string> lines;
  for (const std::string& profile : experiment.profiles) {
    std::vector<std::string> parts;
    for (const std::string& policy : experiment.PoliciesOf(kJupiterSystem)) {
      std::vector<double> gains;
      for (const TableRow& row : TableRowsOf(experiment)) {
        const ResultRow* plain = rows.Find(profile, row, kJupiterSystem, "plain");
        const ResultRow* found = rows.Find(profile, row, kJupiterSystem, policy);
        if (policy == "plain" || plain == nullptr || found == nullptr) continue;
        if (plain->e2e_s && found->e2e_s) gains.push_back(*plain->e2e_s / *found->e2e_s);
      }
      if (gains.empty()) continue;
      const auto [least, most] = std::minmax_element(gains.begin(), gains.end());
      parts.push_back(fmt::format("{} {:.2f} to {:.2f}", policy, *least, *most));
    }
    if (parts.empty()) continue;
    lines.push_back(fmt::format("{}: jupiter's plain time / that of {} (end to end).", profile,
                                fmt::join(parts, ", of ")));
  }
  return lines;
}

}  // namespace jupiter

#include "bench/comparison/bound_table.h"
#include "bench/comparison/policy_tables.h"
#include "bench/comparison/report.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

class PolicyReport : public ExperimentReport {
 public:
  explicit PolicyReport(const PaperExperiment& experiment) : experiment_(experiment) {}

  std::string Tables(const std::vector<ResultRow>& rows, bool markdown) const override {
    const RowIndex index(rows);
    std::string text;
    for (const std::string& profile : experiment_.profiles) {
      for (const Accounting accounting : accountings()) {
        text += Render(PolicyTable(index, experiment_, profile, accounting), kPolicyKeys, markdown);
      }
      text += Render(BoundTable(index, experiment_, profile), kBoundKeys, markdown);
      if (experiment_.systems.size() > 1) continue;
      const std::string& system = experiment_.systems.front();
      text += Render(PhaseTable(index, experiment_, profile, system), kPolicyKeys, markdown);
      text += Render(RoundTable(index, experiment_, profile, system), kRoundKeys, markdown);
    }
    for (const Sensitivity& of : experiment_.sensitivity) {
      text += Render(SensitivityTable(index, of), kSensitivityKeys, markdown);
    }
    for (const std::string& line : LinesOf(index)) {
      text += fmt::format("{}- {}\n", markdown ? "\n" : "", line);
    }
    return text;
  }

 private:
  // The published one is for systems to be compared by.
  std::vector<Accounting> accountings() const {
    if (experiment_.systems.size() == 1) return {Accounting::kWhole};
    return {Accounting::kWhole, Accounting::kPublished};
  }

  std::vector<std::string> LinesOf(const RowIndex& index) const {
    std::vector<std::string> lines;
    for (const Accounting accounting : accountings()) {
      for (const std::string& line : HeadlinesOf(index, experiment_, accounting)) {
        lines.push_back(line);
      }
    }
    for (const auto& more : {GainsOf(index, experiment_), BoundLines(index, experiment_)}) {
      lines.insert(lines.end(), more.begin(), more.end());
    }
    return lines;
  }

  const PaperExperiment& experiment_;
};

}  // namespace

std::unique_ptr<ExperimentReport> MakePolicyReport(const PaperExperiment& experiment) {
  return std::make_unique<PolicyReport>(experiment);
}

}  // namespace jupiter

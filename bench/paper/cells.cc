#include "bench/paper/cells.h"

#include <algorithm>

#include "bench/report_text.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Profiles under which every row of a system is run.
std::vector<std::string> ProfilesOf(const PaperExperiment& experiment, const std::string& system,
                                    const std::vector<std::string>& prediction_profiles) {
  std::vector<std::string> profiles = experiment.profiles;
  if (system != "jupiter") return profiles;
  for (const std::string& profile : prediction_profiles) {
    if (!Has(profiles, profile)) profiles.push_back(profile);
  }
  return profiles;
}

void AddOnce(std::vector<PaperCell>& cells, PaperCell cell) {
  if (std::find(cells.begin(), cells.end(), cell) == cells.end()) cells.push_back(std::move(cell));
}

}  // namespace

std::string CellName(const PaperCell& cell) {
  return ReportText(fmt::format("paper/{}/env{}/{:.10g}mbps/{}/{}", cell.profile, cell.env,
                                cell.bandwidth / 1e6, cell.model, cell.system));
}

std::vector<std::string> WaterfallProfiles(const PaperExperiment& experiment) {
  if (experiment.profiles.size() < 2) return {};
  const std::string& first = experiment.profiles[0];
  const std::string& second = experiment.profiles[1];
  std::vector<std::string> profiles = {first};
  for (const std::string& part : experiment.waterfall.parts) {
    profiles.push_back(fmt::format("{},{}={}", profiles.back(), part, second));
  }
  // All parts changed: the second profile itself.
  if (experiment.waterfall.parts.size() == kProfileParts) profiles.back() = second;
  return profiles;
}

std::vector<PaperCell> ListCells(const PaperExperiment& experiment,
                                 const std::vector<std::string>& prediction_profiles) {
  const PaperWaterfall& waterfall = experiment.waterfall;
  std::vector<PaperCell> cells;
  for (const auto& [model, path] : experiment.models) {
    for (const std::string& system : experiment.systems) {
      for (const std::string& profile : ProfilesOf(experiment, system, prediction_profiles)) {
        for (const auto& [env, cluster] : experiment.environments) {
          for (double bandwidth : experiment.bandwidths) {
            AddOnce(cells, {profile, env, bandwidth, model, system});
          }
        }
      }
      if (model != waterfall.model) continue;
      for (const std::string& profile : WaterfallProfiles(experiment)) {
        AddOnce(cells, {profile, waterfall.env, waterfall.bandwidth, model, system});
      }
    }
  }
  return cells;
}

}  // namespace jupiter

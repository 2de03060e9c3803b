#include "bench/paper/cells.h"

#include <algorithm>

#include "bench/paper/systems.h"
#include "bench/report/report_text.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

bool IsAmong(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Profiles under which every row of a system is run.
std::vector<std::string> ProfilesOfSystem(const PaperExperiment& experiment,
                                          const std::string& system,
                                          const std::vector<std::string>& prediction_profiles) {
  std::vector<std::string> profiles = experiment.profiles;
  if (system != kJupiterSystem) return profiles;
  for (const std::string& profile : prediction_profiles) {
    if (!IsAmong(profiles, profile)) profiles.push_back(profile);
  }
  return profiles;
}

void AddOnce(std::vector<PaperCell>& cells, PaperCell cell) {
  if (std::find(cells.begin(), cells.end(), cell) == cells.end()) cells.push_back(std::move(cell));
}

// The cell on every network.
void AddNetworks(const PaperExperiment& experiment, PaperCell cell, std::vector<PaperCell>& cells) {
  for (const auto& [env, cluster] : experiment.environments) {
    for (double bandwidth : experiment.bandwidths) {
      cell.env = env;
      cell.bandwidth = bandwidth;
      AddOnce(cells, cell);
    }
  }
}

void AddVariations(const Sensitivity& of, std::vector<PaperCell>& cells) {
  PaperCell cell{of.profile, of.env, of.bandwidth, of.model, of.system, of.policy};
  AddOnce(cells, cell);
  for (const std::string& variation : of.variations) {
    cell.variation = variation;
    AddOnce(cells, cell);
  }
}

bool AllHaveSeveral(const PaperExperiment& experiment) {
  return std::all_of(
      experiment.systems.begin(), experiment.systems.end(),
      [&](const std::string& system) { return experiment.PoliciesOf(system).size() > 1; });
}

}  // namespace

std::string CellName(const PaperExperiment& experiment, const PaperCell& cell) {
  std::string name = fmt::format("{}/{}/env{}/{:.10g}mbps/{}/{}", experiment.name, cell.profile,
                                 cell.env, cell.bandwidth / 1e6, cell.model, cell.system);
  const bool own = experiment.PoliciesOf(cell.system).front() == cell.policy;
  if (!own || AllHaveSeveral(experiment)) name += "/" + cell.policy;
  if (!cell.variation.empty()) name += "/" + cell.variation;
  return ReportText(name);
}

std::vector<std::string> WaterfallProfiles(const PaperExperiment& experiment) {
  if (!experiment.waterfall || experiment.profiles.size() < 2) return {};
  const std::string& first = experiment.profiles[0];
  const std::string& second = experiment.profiles[1];
  std::vector<std::string> profiles = {first};
  for (const std::string& part : experiment.waterfall->parts) {
    profiles.push_back(fmt::format("{},{}={}", profiles.back(), part, second));
  }
  // All parts changed: the second profile itself.
  if (experiment.waterfall->parts.size() == kProfileParts) profiles.back() = second;
  return profiles;
}

std::vector<PaperCell> ListCells(const PaperExperiment& experiment,
                                 const std::vector<std::string>& prediction_profiles) {
  const std::vector<std::string> waterfall = WaterfallProfiles(experiment);
  std::vector<PaperCell> cells;
  for (const auto& [model, path] : experiment.models) {
    for (const std::string& system : experiment.systems) {
      for (const std::string& policy : experiment.PoliciesOf(system)) {
        for (const std::string& profile :
             ProfilesOfSystem(experiment, system, prediction_profiles)) {
          AddNetworks(experiment, {profile, "", 0, model, system, policy}, cells);
        }
        for (const std::string& profile : waterfall) {
          const PaperWaterfall& row = *experiment.waterfall;
          if (model == row.model) {
            AddOnce(cells, {profile, row.env, row.bandwidth, model, system, policy});
          }
        }
      }
    }
  }
  for (const Sensitivity& of : experiment.sensitivity) AddVariations(of, cells);
  return cells;
}

}  // namespace jupiter

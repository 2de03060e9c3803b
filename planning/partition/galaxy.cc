#include "planning/partition/galaxy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/base/check.h"
#include "planning/partition/galaxy_fit.h"
#include "planning/partition/search.h"
#include "planning/plan/layer_split.h"
#include "planning/text/units.h"

namespace jupiter {
namespace {

void CheckProblem(const GalaxyProblem& problem) {
  const std::size_t devices = problem.budget.size();
  JUPITER_CHECK(devices > 0 && problem.heads > 0 && problem.columns > 0 && problem.grain > 0);
  JUPITER_CHECK(problem.attention_seconds.size() == devices);
  JUPITER_CHECK(problem.mlp_seconds.size() == devices && problem.fixed_bytes.size() == devices);
  JUPITER_CHECK(problem.names.empty() || problem.names.size() == devices);
  JUPITER_CHECK(problem.attention_bytes >= 0 && problem.mlp_bytes >= 0);
  for (std::size_t d = 0; d < devices; ++d) {
    const double attention = problem.attention_seconds[d];
    const double mlp = problem.mlp_seconds[d];
    JUPITER_CHECK(attention >= 0 && mlp >= 0 && attention + mlp > 0, "device {}: {} and {} s", d,
                  attention, mlp);
    JUPITER_CHECK(std::isfinite(attention + mlp));
    JUPITER_CHECK(problem.fixed_bytes[d] >= 0 && problem.budget[d] >= 0);
  }
}

std::vector<double> Capacities(const GalaxyProblem& problem) {
  std::vector<double> capacities;
  capacities.reserve(problem.budget.size());
  for (std::size_t d = 0; d < problem.budget.size(); ++d) {
    capacities.push_back(1 / (problem.attention_seconds[d] + problem.mlp_seconds[d]));
  }
  return capacities;
}

// Gives units to the receivers in proportion to their capacity.
void Share(int units, const std::vector<int>& receivers, const std::vector<double>& capacities,
           std::vector<int>& shares) {
  std::vector<double> weights;
  for (int device : receivers) weights.push_back(capacities[Index(device)]);
  const std::vector<int> gains = ProportionalLayers(units, weights);
  for (std::size_t i = 0; i < receivers.size(); ++i) shares[Index(receivers[i])] += gains[i];
}

// Galaxy's step 2. A device that has given anything up never gets anything again, so this ends.
class MemoryStep {
 public:
  MemoryStep(const GalaxyMemory& memory, const std::vector<double>& capacities)
      : memory_(memory), capacities_(capacities), closed_(Index(memory.devices()), false) {}

  // False when some device overflows and none that may still receive has room; the units are then
  // useless.
  bool Run(GalaxyUnits& units) {
    for (int device = Overflowing(units); device >= 0; device = Overflowing(units)) {
      if (!Relieve(device, units)) return false;
    }
    return true;
  }

 private:
  std::int64_t Spare(int device, const GalaxyUnits& units) const {
    return memory_.Spare(device, units.heads[Index(device)], units.grains[Index(device)]);
  }
  // The first one that needs more than it has, or -1.
  int Overflowing(const GalaxyUnits& units) const {
    for (int device = 0; device < memory_.devices(); ++device) {
      if (Spare(device, units) < 0) return device;
    }
    return -1;
  }
  bool Relieve(int device, GalaxyUnits& units);

  const GalaxyMemory& memory_;
  const std::vector<double>& capacities_;
  std::vector<bool> closed_;
};

bool MemoryStep::Relieve(int device, GalaxyUnits& units) {
  int grains = 0;
  int heads = 0;
  for (; Spare(device, units) < 0 && units.grains[Index(device)] > 0; ++grains) {
    --units.grains[Index(device)];
  }
  for (; Spare(device, units) < 0 && units.heads[Index(device)] > 0; ++heads) {
    --units.heads[Index(device)];
  }
  closed_[Index(device)] = true;
  std::vector<int> receivers;
  for (int other = 0; other < memory_.devices(); ++other) {
    if (!closed_[Index(other)] && Spare(other, units) > 0) receivers.push_back(other);
  }
  if (Spare(device, units) < 0 || receivers.empty()) return false;
  Share(grains, receivers, capacities_, units.grains);
  Share(heads, receivers, capacities_, units.heads);
  return true;
}

// Takes surplus grains away, always from the device that would be slowest with what it has.
void DropSurplus(const GalaxyProblem& problem, const GalaxyMemory& memory, GalaxyUnits& units) {
  int surplus = std::accumulate(units.grains.begin(), units.grains.end(), -memory.grains());
  for (; surplus > 0; --surplus) {
    std::size_t slowest = 0;
    for (std::size_t d = 1; d < units.grains.size(); ++d) {
      if (units.grains[d] * problem.mlp_seconds[d] >
          units.grains[slowest] * problem.mlp_seconds[slowest]) {
        slowest = d;
      }
    }
    // Devices that have some may all take no time.
    if (units.grains[slowest] == 0) {
      slowest = static_cast<std::size_t>(
          std::max_element(units.grains.begin(), units.grains.end()) - units.grains.begin());
    }
    --units.grains[slowest];
  }
}

// Why it fails: bytes missing in all, or for the fixed part of one device; or nothing.
std::string WhyTooLittle(const GalaxyProblem& problem, const GalaxyMemory& memory,
                         std::int64_t short_in_all) {
  for (int device = 0; device < memory.devices(); ++device) {
    const std::int64_t room = memory.Spare(device, 0, 0);
    if (room >= 0) continue;
    return fmt::format("{} is {} short of what it has in any case ({})",
                       DeviceLabel(problem.names, device), FormatBytes(-room),
                       FormatBytes(problem.fixed_bytes[Index(device)]));
  }
  if (short_in_all <= 0) return "";
  return fmt::format("all devices together are {} short", FormatBytes(short_in_all));
}

void ExplainNoShares(const GalaxyProblem& problem, const GalaxyMemory& memory, const GalaxyFit& fit,
                     GalaxyShares& shares) {
  std::int64_t all = problem.attention_bytes + problem.mlp_bytes;
  for (int device = 0; device < memory.devices(); ++device) all -= memory.Spare(device, 0, 0);
  std::string why = WhyTooLittle(problem, memory, all);
  shares.obstacle = why.empty() ? Obstacle::kCannotCut : Obstacle::kMemory;
  if (why.empty()) {
    const int grains = std::accumulate(fit.units.grains.begin(), fit.units.grains.end(), 0);
    why = fmt::format("{}, although all devices together have {} to spare",
                      fit.possible ? fmt::format("grains of {} columns without a place: {}",
                                                 problem.grain, memory.grains() - grains)
                                   : fmt::format("no places for {} whole heads", problem.heads),
                      FormatBytes(-all));
  }
  shares.reason = fmt::format("{}; {}", why, problem.memory_help);
}

// Grains in columns. The smaller grain, if there is one, belongs to the last device that has any.
std::vector<int> Columns(const GalaxyProblem& problem, const GalaxyUnits& units) {
  std::vector<int> columns;
  int left = problem.columns;
  for (int grains : units.grains) {
    columns.push_back(std::min(left, grains * problem.grain));
    left -= columns.back();
  }
  JUPITER_CHECK(left == 0);
  return columns;
}

double SlowestSeconds(const GalaxyProblem& problem, const GalaxyShares& shares) {
  double attention = 0;
  double mlp = 0;
  for (std::size_t d = 0; d < shares.heads.size(); ++d) {
    attention = std::max(attention, shares.heads[d] * problem.attention_seconds[d] / problem.heads);
    mlp = std::max(mlp, shares.columns[d] * problem.mlp_seconds[d] / problem.columns);
  }
  return attention + mlp;
}

}  // namespace

GalaxyShares PlanGalaxy(const GalaxyProblem& problem) {
  CheckProblem(problem);
  const std::vector<double> capacities = Capacities(problem);
  const GalaxyMemory memory(problem);
  GalaxyUnits units{ProportionalLayers(problem.heads, capacities),
                    ProportionalLayers(memory.grains(), capacities)};
  GalaxyShares shares;
  if (!MemoryStep(memory, capacities).Run(units)) {
    // Units are whole, so the step above can fail although another assignment fits.
    GalaxyFit fit = FitMost(memory);
    const int grains = std::accumulate(fit.units.grains.begin(), fit.units.grains.end(), 0);
    if (!fit.possible || grains < memory.grains()) {
      ExplainNoShares(problem, memory, fit, shares);
      return shares;
    }
    units = std::move(fit.units);
    DropSurplus(problem, memory, units);
  }
  shares.feasible = true;
  shares.heads = units.heads;
  shares.columns = Columns(problem, units);
  shares.slowest_seconds = SlowestSeconds(problem, shares);
  return shares;
}

}  // namespace jupiter

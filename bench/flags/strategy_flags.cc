#include "bench/flags/strategy_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace jupiter {

bool CutsLayers(const StrategyTraits& traits) { return traits.cuts_layers; }
bool CutsHeads(const StrategyTraits& traits) { return traits.cuts_heads; }
bool CutsRows(const StrategyTraits& traits) { return traits.cuts_rows; }
bool TakesSlices(const StrategyTraits& traits) { return traits.takes_slices; }
bool ChoosesSlices(const StrategyTraits& traits) { return traits.takes_slices && !traits.shares(); }
bool Overlaps(const StrategyTraits& traits) { return traits.overlaps; }
bool Streams(const StrategyTraits& traits) { return traits.streams; }
bool Sends(const StrategyTraits& traits) { return !traits.one_process; }

std::string Takers(StrategyQuestion has) {
  std::vector<std::string_view> takers;
  for (const StrategyTraits* traits : AllTraits()) {
    if (has(*traits)) takers.push_back(traits->name);
  }
  return fmt::format("{}", fmt::join(takers, ", "));
}

std::string WhyNone(const std::vector<std::string>& chosen, StrategyQuestion has) {
  const auto takes = [has](const std::string& strategy) { return has(FindTraits(strategy)); };
  if (chosen.empty() || std::any_of(chosen.begin(), chosen.end(), takes)) return {};
  return fmt::format("does nothing with --strategy {}, only with {}", fmt::join(chosen, ","),
                     Takers(has));
}

Flag::WhyIdle UnlessAny(StrategyChoice chosen, StrategyQuestion has) {
  return [chosen = std::move(chosen), has] { return WhyNone(chosen(), has); };
}

}  // namespace jupiter

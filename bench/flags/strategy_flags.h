// Flags that some strategies take and others do not.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/flags/flag_set.h"
#include "planning/plan/strategy_traits.h"

namespace jupiter {

// The strategies that the flags ask for; none where only a plan says which.
using StrategyChoice = std::function<std::vector<std::string>()>;
using StrategyQuestion = bool (*)(const StrategyTraits& traits);

bool CutsLayers(const StrategyTraits& traits);
bool CutsHeads(const StrategyTraits& traits);  // and feed-forward columns
bool CutsRows(const StrategyTraits& traits);
bool TakesSlices(const StrategyTraits& traits);
bool ChoosesSlices(
    const StrategyTraits& traits);  // of --slices auto; the others take prompts whole
bool Overlaps(const StrategyTraits& traits);
bool Streams(const StrategyTraits& traits);
bool Sends(const StrategyTraits& traits);  // to other ranks

// "sequence, galaxy": those that have it.
std::string Takers(StrategyQuestion has);

// The flag acts with strategies that have it: why it is idle when none of the run's does, in words
// for Flag::ActsUnless.
Flag::WhyIdle UnlessAny(StrategyChoice chosen, StrategyQuestion has);
// The same at once. Throws UserError for an unknown strategy.
std::string WhyNone(const std::vector<std::string>& chosen, StrategyQuestion has);

}  // namespace jupiter

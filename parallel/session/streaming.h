// A model that one process holds in part: which layers stay in memory, and what that costs.
#pragma once

#include <cstdint>
#include <string>

#include "parallel/session/preflight.h"
#include "parallel/strategies/strategy.h"

namespace jupiter {

// The most layers that can stay in the source's memory, beside the place for one of the others and
// `buffers` bytes of messages. 0 also when the budget is too small for one layer: then the plan of
// the memory says so.
int LayersThatStay(const StrategyEntry& strategy, StrategyInputs inputs, std::int64_t buffers,
                   const MemoryBudget& budget);

// "5 of 22 layers resident, 17 streamed, 612.3 MiB read per pass", of the source's stage.
std::string ShowStreaming(const StageMemory& stage, int model_layers);

}  // namespace jupiter

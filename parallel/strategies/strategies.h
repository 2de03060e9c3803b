// The entries that the registry lists, one per file.
#pragma once

#include "parallel/pipeline.h"
#include "parallel/strategy.h"

namespace jupiter {

StrategyEntry LocalStrategy();
StrategyEntry EdgeShardStrategy();
StrategyEntry JupiterStrategy();

}  // namespace jupiter

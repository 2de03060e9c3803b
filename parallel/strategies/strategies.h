// The entries that the registry lists, one per file.
#pragma once

#include "parallel/strategies/pipeline.h"
#include "parallel/strategies/strategy.h"

namespace jupiter {

StrategyEntry LocalStrategy();
StrategyEntry EdgeShardStrategy();
StrategyEntry JupiterStrategy();
StrategyEntry SequenceStrategy();
StrategyEntry MegatronStrategy();
StrategyEntry DeTransformerStrategy();
StrategyEntry GalaxyStrategy();

}  // namespace jupiter

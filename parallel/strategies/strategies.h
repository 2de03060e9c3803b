// The entries that the registry lists, one per file.
#pragma once

#include "parallel/pipeline.h"
#include "parallel/strategy.h"

namespace jupiter {

StrategyEntry LocalStrategy();
StrategyEntry EdgeShardStrategy();
StrategyEntry JupiterStrategy();
StrategyEntry SequenceStrategy();
StrategyEntry MegatronStrategy();
StrategyEntry DeTransformerStrategy();
StrategyEntry GalaxyStrategy();

}  // namespace jupiter

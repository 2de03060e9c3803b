// One process that computes what the ranks of a lockstep strategy compute, with the same sums in
// the same order: the reference their logits must equal to the last bit where sums are reordered.
#pragma once

#include "parallel/strategies/strategy.h"

namespace jupiter {

// The plan's reference_of names the strategy, its shares the ranks. Written from the definition of
// the sums, without the code of the collectives.
std::unique_ptr<Strategy> BuildSumsReference(const StrategyInputs& inputs);
StageMemory SumsReferenceMemory(const StrategyInputs& inputs);

}  // namespace jupiter

// Sum of one matrix per rank, on every rank.
#pragma once

#include <string_view>

#include "parallel/collectives/exchange.h"
#include "parallel/collectives/split.h"

namespace jupiter {

// x: this rank's summand, f32; afterwards the sum, with the same bits on every rank. A ring
// reduce-scatter, then a ring all-gather: see there for the order of additions. A rank sends twice
// the elements of x minus those of the chunks rank() and rank() + 1.
void RingAllReduce(Exchange& exchange, TensorView x, const Split& split,
                   std::string_view operation);

}  // namespace jupiter

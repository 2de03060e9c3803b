// Sum of one matrix per rank, of which each rank keeps one chunk.
#pragma once

#include <functional>
#include <string_view>

#include "parallel/collectives/exchange.h"
#include "parallel/collectives/split.h"

namespace jupiter {

// x: this rank's summand, f32. Afterwards chunk rank() of x holds the sum; the other chunks hold
// partial sums. `operation` names it in errors.
//
// In n - 1 steps each rank passes a chunk to its successor, which adds its own part (Patarasuk and
// Yuan, 2009). Chunk c starts at rank c + 1 and ends at rank c, so its sum is, for ranks modulo n,
//   (...((x[c+1] + x[c+2]) + x[c+3]) + ...) + x[c],
// where with a wire dtype other than f32 each partial sum is rounded as it is sent. A rank sends
// every chunk but its own: elements of x minus those of chunk rank().
void RingReduceScatter(Exchange& exchange, TensorView x, const Split& split,
                       std::string_view operation);
// Calls `make(c)` once for each chunk, its own last, before this rank's summand of that chunk is
// needed: it is made while the sum of the others travels.
void RingReduceScatter(Exchange& exchange, TensorView x, const Split& split,
                       std::string_view operation, const std::function<void(int chunk)>& make);

}  // namespace jupiter

// Each rank's chunk on every rank.
#pragma once

#include <functional>
#include <string_view>

#include "parallel/collectives/exchange.h"
#include "parallel/collectives/split.h"

namespace jupiter {

// x: f32, chunk rank() valid. Afterwards all of x is, with the same bits on every rank: with a wire
// dtype other than f32 each rank also rounds its own chunk. `operation` names it in errors.
//
// In n - 1 steps each rank passes on the chunk it received last, unchanged, so a chunk is rounded
// once. A rank sends every chunk but its successor's: elements of x minus those of chunk rank() +
// 1.
void RingAllGather(Exchange& exchange, TensorView x, const Split& split,
                   std::string_view operation);
// Calls `use(r)` once for each rank's chunk, its own first, while the next chunk travels: messages
// and work on chunks overlap (Ye et al., Galaxy, INFOCOM 2024).
void RingAllGather(Exchange& exchange, TensorView x, const Split& split, std::string_view operation,
                   const std::function<void(int rank)>& use);

}  // namespace jupiter

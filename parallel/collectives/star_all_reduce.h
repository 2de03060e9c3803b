// Sum of one matrix per rank, on every rank, through one of them.
#pragma once

#include <string_view>

#include "parallel/collectives/exchange.h"

namespace jupiter {

// x: this rank's summand, f32; afterwards the sum, with the same bits on every rank.
//
// Every rank sends x to `root`, which adds the others to its own in rising order of rank,
//   ((x[root] + x[0]) + x[1]) + ...   (without x[root] again),
// and sends the sum back: two hops, where a ring takes 2 (n - 1), for n - 1 times the bytes at the
// root. Better for small matrices on slow switches. With a wire dtype other than f32 summands and
// sum are rounded once each (the root's own summand is not). A rank sends x once, the root n - 1
// times.
void StarAllReduce(Exchange& exchange, TensorView x, int root, std::string_view operation);

}  // namespace jupiter

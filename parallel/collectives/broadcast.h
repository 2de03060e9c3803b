// One rank's matrix on every rank.
#pragma once

#include <string_view>

#include "parallel/collectives/exchange.h"

namespace jupiter {

// x: f32; afterwards that of rank `root`, with the same bits on every rank (rounded through the
// wire dtype at the root, too).
//
// A binomial tree: with ranks counted from the root modulo n, rank r has the children r + 2^k for
// every 2^k below the lowest set bit of r (below n at the root) with r + 2^k < n, the largest
// first. A rank sends x once per child; all ranks together n - 1 times, over ceil(log2 n) hops.
void BroadcastRows(Exchange& exchange, TensorView x, int root, std::string_view operation);

}  // namespace jupiter

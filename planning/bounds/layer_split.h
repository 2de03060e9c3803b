// The least time in which several devices together compute one layer.
#pragma once

#include <cstdint>
#include <vector>

#include "planning/bounds/throughput.h"

namespace jupiter {

// [n - 2]: seconds of `rows` rows that attend `context` positions in all on n of the devices,
// whatever KV heads and columns each has; messages are left out. Heads and columns are cut where
// CutsOf allows (columns are looked at in at most 512 steps; what lies between two of them is given
// away). A device may have heads and no columns, or the other way round.
std::vector<double> LeastSplitSeconds(const ModelShape& shape,
                                      const std::vector<BoundDevice>& devices, int layer,
                                      std::int64_t rows, std::int64_t context);

}  // namespace jupiter

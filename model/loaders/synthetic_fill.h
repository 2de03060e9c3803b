// Random weights that are a function of (seed, tensor name, place) alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/base/rng.h"
#include "model/checkpoint/checkpoint.h"

namespace jupiter {

struct Distribution {
  double mean = 0;       // dense types only
  double deviation = 1;  // standard deviation
};

// Writes rows [row_begin, row_end) of the tensor, back to back, to `out`. Integer and basic IEEE
// operations only: the same bits on every processor, whichever rows are made together. Dense types
// hold the same values, rounded to the type; block types hold random valid blocks.
void FillSynthetic(const CounterRng& rng, const TensorInfo& info, const Distribution& distribution,
                   std::int64_t row_begin, std::int64_t row_end, std::byte* out);

// The rows in memory of their own.
HostTensor MakeSyntheticRows(std::uint64_t seed, const TensorInfo& info,
                             const Distribution& distribution, std::int64_t row_begin,
                             std::int64_t row_end);

}  // namespace jupiter

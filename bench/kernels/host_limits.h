// The limits of this host's processor and memory, measured by plain loops that share no code with
// the ops.
#pragma once

#include <cstdint>

#include "bench/kernels/limits.h"

namespace jupiter {

// With so many threads at once, the best of several tries each: what disturbs a try makes it slower
// only. Traffic goes through buffers of `bytes` in all, which should exceed the last cache.
// Arithmetic stays in registers, with the instruction set that the cpu device takes: the fma and
// the byte dot of kernels/cpu/peak_kernels.h.
MachineLimits MeasureHostLimits(int threads, std::int64_t bytes);

}  // namespace jupiter

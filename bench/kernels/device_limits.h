// The limits of the device that is measured.
#pragma once

#include "bench/kernels/limits.h"
#include "bench/kernels/workbench.h"

namespace jupiter {

// Of a device in the host's memory, those of the host with so many threads. A device with a memory
// of its own is asked through its ops, the only way to it: large copies and products. Its ops can
// come close to such limits, and the machine may be able to do more.
MachineLimits MeasureLimits(Workbench& bench, int threads, std::int64_t cache_bytes);

}  // namespace jupiter

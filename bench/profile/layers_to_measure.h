// How many layers a measurement takes to stream weights from memory.
#pragma once

#include <cstdint>

namespace jupiter {

// Layers whose weights are streamed from memory, as those of the whole model would be: at least 2,
// and as many as it takes to exceed the last cache, `cache_bytes`. No more than `layers`, nor than
// 512 MiB of weights hold, which bounds the time (some caches of servers are as large as a model).
int LayersToMeasure(int layers, std::int64_t layer_bytes, std::int64_t cache_bytes);

}  // namespace jupiter

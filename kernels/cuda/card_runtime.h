// GpuRuntime of a card.
#pragma once

#include <memory>

#include "kernels/gpu_runtime.h"

namespace jupiter {

// Of the card with this index (device_query.h).
std::unique_ptr<GpuRuntime> MakeCardRuntime(int index);

}  // namespace jupiter

// What a build with CUDA has for a card.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/cuda/ops.h"
#include "kernels/cuda/runtime.h"

namespace jupiter {

const GpuOps& CardOps();
// Of the card with this index (device_query.h). Throws UserError when it cannot be used.
std::unique_ptr<GpuRuntime> MakeCardRuntime(int index);

// Throws the UserError of memory that a card or its host does not have.
[[noreturn]] void FailGpuMemory(const char* kind, std::int64_t bytes, std::int64_t free_bytes);

}  // namespace jupiter

// Zeroed memory for tensors and packed weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace jupiter::cpu {

// Aligned to 64 bytes; large buffers to 2 MiB, with huge pages where the system gives them: a
// streamed weight then needs few address translations. Throws std::bad_alloc.
std::shared_ptr<std::byte> AllocateZeroed(std::int64_t bytes);

}  // namespace jupiter::cpu

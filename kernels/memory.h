// Memory of the host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace jupiter {

// Bytes that new processes can take on this host, from /proc/meminfo and the control group's limit.
std::int64_t AvailableHostMemory();

namespace cpu {

// Zeroed, for tensors and packed weights. Aligned to 64 bytes; large buffers to 2 MiB, with huge
// pages where the system gives them: a streamed weight then needs few address translations. Throws
// std::bad_alloc.
std::shared_ptr<std::byte> AllocateZeroed(std::int64_t bytes);

}  // namespace cpu
}  // namespace jupiter

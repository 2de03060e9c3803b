// What is said when a GPU's memory does not suffice.
#pragma once

#include <cstdint>

namespace jupiter {

// Throws UserError. `kind`: "device" or "pinned host".
[[noreturn]] void FailGpuMemory(const char* kind, std::int64_t bytes, std::int64_t free_bytes);

}  // namespace jupiter

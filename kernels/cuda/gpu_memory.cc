#include "kernels/cuda/gpu_memory.h"

#include "kernels/base/check.h"

namespace jupiter {

void FailGpuMemory(const char* kind, std::int64_t bytes, std::int64_t free_bytes) {
  constexpr double kMiB = 1 << 20;
  FailUser(
      "device cuda: {:.1f} MiB of {} memory asked for, {:.1f} MiB are free; choose a smaller "
      "model, "
      "a shorter context or more ranks",
      static_cast<double>(bytes) / kMiB, kind, static_cast<double>(free_bytes) / kMiB);
}

}  // namespace jupiter

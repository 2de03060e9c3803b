#include "kernels/cuda/device_query.h"

#include <fmt/format.h>

namespace jupiter {

std::string CudaUnavailableReason() { return QueryCuda().unavailable_reason; }

std::string Describe(const CudaDeviceInfo& device) {
  return fmt::format("{}, compute capability {}.{}, {:.1f} GiB{}", device.name,
                     device.capability_major, device.capability_minor,
                     static_cast<double>(device.memory_bytes) / (1 << 30),
                     device.integrated ? " shared with the processor" : "");
}

}  // namespace jupiter

// MakeCudaDevice of builds without a CUDA toolkit.
#include "kernels/base/check.h"
#include "kernels/cuda/device_query.h"
#include "kernels/cuda/make_cuda_device.h"

namespace jupiter {

std::unique_ptr<Device> MakeCudaDevice(const DeviceOptions&) {
  FailUser("device cuda: {}; choose cpu or eigen", CudaUnavailableReason());
}

}  // namespace jupiter

#include "kernels/make_device.h"

#include "kernels/base/check.h"
#include "kernels/cpu/cpu_device.h"
#include "kernels/cuda/make_cuda_device.h"
#include "kernels/eigen/eigen_device.h"
#include "kernels/recording/recording_device.h"

namespace jupiter {

std::unique_ptr<Device> MakeDevice(std::string_view name, const DeviceOptions& options) {
  if (name == "cpu") return std::make_unique<cpu::CpuDevice>(options);
  if (name == "eigen") return std::make_unique<EigenDevice>();
  if (name == "recording") return std::make_unique<RecordingDevice>();
  if (name == "cuda") return MakeCudaDevice(options);
  FailUser("device '{}' is unknown; choose cpu, eigen, cuda or recording", name);
}

}  // namespace jupiter

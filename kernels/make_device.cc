#include "kernels/base/check.h"
#include "kernels/cpu/cpu_device.h"
#include "kernels/device.h"
#include "kernels/eigen/eigen_device.h"

namespace jupiter {

std::unique_ptr<Device> MakeDevice(std::string_view name, const DeviceOptions& options) {
  if (name == "cpu") return std::make_unique<cpu::CpuDevice>(options);
  if (name == "eigen") return std::make_unique<EigenDevice>();
  if (name == "cuda") FailUser("device cuda: this build has no CUDA backend; choose cpu or eigen");
  FailUser("device '{}' is unknown; choose cpu or eigen", name);
}

}  // namespace jupiter

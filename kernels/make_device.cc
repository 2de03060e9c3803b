#include "kernels/make_device.h"

#include "kernels/base/check.h"
#include "kernels/cpu/cpu_device.h"
#include "kernels/cuda/device_query.h"
#include "kernels/eigen/eigen_device.h"
#include "kernels/recording/recording_device.h"

namespace jupiter {
namespace {

[[noreturn]] void RefuseCuda() {
  std::string reason = CudaUnavailableReason();
  if (reason.empty()) reason = "its kernels are not part of this version";
  FailUser("device cuda: {}; choose cpu or eigen", reason);
}

}  // namespace

std::unique_ptr<Device> MakeDevice(std::string_view name, const DeviceOptions& options) {
  if (name == "cpu") return std::make_unique<cpu::CpuDevice>(options);
  if (name == "eigen") return std::make_unique<EigenDevice>();
  if (name == "recording") return std::make_unique<RecordingDevice>();
  if (name == "cuda") RefuseCuda();
  FailUser("device '{}' is unknown; choose cpu, eigen or recording", name);
}

}  // namespace jupiter

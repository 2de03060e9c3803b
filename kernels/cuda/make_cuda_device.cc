#include "kernels/cuda/make_cuda_device.h"

#include <algorithm>

#include "kernels/base/check.h"
#include "kernels/cuda/card_runtime.h"
#include "kernels/cuda/cuda_device.h"
#include "kernels/cuda/device_query.h"
#include "kernels/cuda/ops/ops.h"

namespace jupiter {
namespace {

const CudaDeviceInfo& CardOf(const CudaQuery& query, int gpu) {
  if (!query.unavailable_reason.empty()) {
    FailUser("device cuda: {}; choose cpu or eigen", query.unavailable_reason);
  }
  const auto found = std::find_if(
      query.devices.begin(), query.devices.end(),
      [&](const CudaDeviceInfo& card) { return card.served && (gpu < 0 || card.index == gpu); });
  if (found == query.devices.end()) {
    FailUser("device cuda: no usable card {} among {}", gpu, query.devices.size());
  }
  return *found;
}

}  // namespace

std::unique_ptr<Device> MakeCudaDevice(int gpu) {
  const CudaQuery query = QueryCuda();
  const CudaDeviceInfo& card = CardOf(query, gpu);
  return std::make_unique<CudaDevice>(MakeCardRuntime(card.index), CardOps(),
                                      "cuda, " + jupiter::Describe(card));
}

}  // namespace jupiter

#include "kernels/cuda/make_cuda_device.h"

#include "kernels/cuda/card_runtime.h"
#include "kernels/cuda/cuda_device.h"
#include "kernels/cuda/device_query.h"
#include "kernels/cuda/ops/ops.h"

namespace jupiter {

std::unique_ptr<Device> MakeCudaDevice(const DeviceOptions& options) {
  const CudaQuery query = QueryCuda();
  const CudaDeviceInfo& card = ChooseCard(query, options.gpu, options.local_rank);
  return std::make_unique<CudaDevice>(MakeCardRuntime(card.index), CardOps(),
                                      "cuda, " + jupiter::Describe(card));
}

}  // namespace jupiter

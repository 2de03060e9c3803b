#include "kernels/cuda/ops/ops.h"

#include "kernels/cuda/ops/all_ops.cuh"

namespace jupiter {

const GpuOps& CardOps() {
  static const GpuOps ops = gpu::AllOps();
  return ops;
}

}  // namespace jupiter

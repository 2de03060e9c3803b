#include "kernels/cuda/ops.h"

#include "kernels/cuda/all_ops.cuh"

namespace jupiter {

const GpuOps& CardOps() {
  static const GpuOps ops = gpu::AllOps();
  return ops;
}

}  // namespace jupiter

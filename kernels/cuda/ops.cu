// The kernels for cards.
#include "kernels/cuda/all_ops.cuh"
#include "kernels/cuda/card.h"

namespace jupiter {

const GpuOps& CardOps() {
  static const GpuOps ops = gpu::AllOps();
  return ops;
}

}  // namespace jupiter

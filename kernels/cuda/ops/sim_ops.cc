// The kernels for the simulated GPU.
#include "kernels/cuda/ops/sim_ops.h"

#include "kernels/cuda/ops/all_ops.cuh"

namespace jupiter::sim {

const GpuOps& SimOps() {
  static const GpuOps ops = gpu_sim::AllOps();
  return ops;
}

}  // namespace jupiter::sim

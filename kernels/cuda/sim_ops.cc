// The kernels for the simulated GPU.
#include "kernels/cuda/sim_ops.h"

#include "kernels/cuda/all_ops.cuh"

namespace jupiter::sim {

const GpuOps& SimOps() {
  static const GpuOps ops = gpu_sim::AllOps();
  return ops;
}

}  // namespace jupiter::sim

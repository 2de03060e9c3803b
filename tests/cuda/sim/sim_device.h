// The `cuda` device on a simulated GPU.
#pragma once

#include <memory>

#include "kernels/cuda/cuda_device.h"
#include "kernels/cuda/ops/sim_ops.h"
#include "kernels/cuda/sim/grid.h"
#include "kernels/cuda/sim/sim_runtime.h"

namespace jupiter {

// The seed draws the order of blocks and threads, and when streams get on.
inline std::unique_ptr<Device> MakeSimDevice(std::uint64_t seed) {
  sim::SetSeed(seed);
  return std::make_unique<CudaDevice>(std::make_shared<sim::SimRuntime>(seed), sim::SimOps(),
                                      "cuda, simulated");
}

}  // namespace jupiter

// The kernels of kernels/cuda, compiled for the host. To be used with streams of a SimRuntime.
#pragma once

#include "kernels/cuda/ops/ops.h"

namespace jupiter::sim {

const GpuOps& SimOps();

}  // namespace jupiter::sim

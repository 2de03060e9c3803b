// QueryCuda of builds without a CUDA toolkit.
#include "kernels/cuda/device_query.h"

namespace jupiter {

CudaQuery QueryCuda() {
  CudaQuery query;
  query.unavailable_reason =
      "this build has no CUDA (install a toolkit of version 11.4 or later and configure with "
      "-DJUPITER_CUDA=ON)";
  return query;
}

}  // namespace jupiter

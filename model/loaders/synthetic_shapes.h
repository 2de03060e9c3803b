// The shapes that `synthetic:` names.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/base/dtype.h"
#include "model/config.h"

namespace jupiter {

struct SyntheticName {
  ModelConfig config;
  DType dtype = DType::kF16;  // of the matrices
  std::uint64_t seed = 0;
};

// Parses "synthetic:<shape>[:<dtype>][:seed=<n>]". Throws UserError with the choices.
SyntheticName ParseSyntheticName(const std::string& name);

}  // namespace jupiter

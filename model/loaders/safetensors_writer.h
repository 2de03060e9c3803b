// Writes one safetensors file.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "kernels/base/dtype.h"

namespace jupiter {

struct FloatTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::span<const float> values;
};

// Writes the tensors one after the other, each as `dtype` (f32 or f16). Throws UserError with the
// path when the file cannot be written, and for values that are not finite or too large for f16.
void WriteSafetensors(const std::string& path, DType dtype, const std::vector<FloatTensor>& tensors,
                      const std::map<std::string, std::string>& metadata);

}  // namespace jupiter

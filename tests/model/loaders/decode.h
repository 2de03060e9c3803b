// Weights of any type as floats: written from the description of the formats (kernels/base/dtype.h,
// ggml specification), apart from every kernel.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/base/tensor.h"

namespace jupiter {

float HalfToFloat(std::uint16_t half);

// rows * columns values.
std::vector<float> Decode(const ConstTensorView& view);

}  // namespace jupiter

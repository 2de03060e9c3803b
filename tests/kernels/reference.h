// Plain twins of the ops in double, written from the definitions.
#pragma once

#include <cmath>
#include <vector>

#include "tests/kernels/test_inputs.h"

namespace jupiter {

inline constexpr double kEpsilon = 0x1p-24;  // largest relative rounding error of f32

// Weights multiplied out: [rows * columns].
std::vector<double> DecodeWeight(const HostMatrix& matrix);

// Activations of f32 or act8 rows, multiplied out: [rows * columns].
std::vector<double> DecodeInput(const Tensor& x, DType dtype);

// A value and the sum of the magnitudes of its terms.
struct Dot {
  double value = 0;
  double magnitude = 0;
};
Dot DotOf(const double* a, const double* b, std::int64_t n);

}  // namespace jupiter

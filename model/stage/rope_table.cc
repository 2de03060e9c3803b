#include "model/stage/rope_table.h"

#include <vector>

#include "kernels/base/math.h"

namespace jupiter {

Tensor MakeRopeTable(Device& device, const ModelConfig& config, int positions) {
  if (!device.holds_data()) return device.Allocate(DType::kF32, positions, config.head_dim);
  const auto half = static_cast<std::size_t>(config.head_dim / 2);
  std::vector<double> frequency(half);
  for (std::size_t i = 0; i < half; ++i) {
    const double exponent = -2.0 * static_cast<double>(i) / config.head_dim;
    frequency[i] = DeterministicPow(config.rope_base, exponent);
    if (!config.rope_factors.empty()) frequency[i] /= config.rope_factors[i];
  }
  std::vector<float> table(static_cast<std::size_t>(positions) * 2 * half);
  for (std::size_t position = 0; position < static_cast<std::size_t>(positions); ++position) {
    float* row = table.data() + position * 2 * half;
    for (std::size_t i = 0; i < half; ++i) {
      const double angle = static_cast<double>(position) * frequency[i];
      row[i] = static_cast<float>(DeterministicCos(angle));
      row[half + i] = static_cast<float>(DeterministicSin(angle));
    }
  }
  return device.LoadDense(HostView(table.data(), positions, config.head_dim));
}

}  // namespace jupiter

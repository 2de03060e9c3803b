#include "model/loaders/rope_scaling.h"

#include "kernels/base/math.h"

namespace jupiter {

std::vector<float> Llama3RopeFactors(double base, int head_dim, const Llama3Scaling& scaling) {
  constexpr double kTwoPi = 6.283185307179586;
  const double long_wave = scaling.original_context / scaling.low_frequency_factor;
  const double short_wave = scaling.original_context / scaling.high_frequency_factor;
  std::vector<float> factors;
  for (int pair = 0; pair < head_dim / 2; ++pair) {
    const double wave = kTwoPi * DeterministicPow(base, 2.0 * pair / head_dim);
    double divisor = scaling.factor;
    if (wave < short_wave) {
      divisor = 1;
    } else if (wave <= long_wave) {
      const double smooth = (scaling.original_context / wave - scaling.low_frequency_factor) /
                            (scaling.high_frequency_factor - scaling.low_frequency_factor);
      divisor = 1 / ((1 - smooth) / scaling.factor + smooth);
    }
    factors.push_back(static_cast<float>(divisor));
  }
  return factors;
}

}  // namespace jupiter

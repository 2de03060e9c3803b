// Divisors of the rotary frequencies that stretch a model's context.
#pragma once

#include <vector>

namespace jupiter {

// The `llama3` rule (Llama 3.1 model card and reference code): long wavelengths are divided by
// `factor`, short ones stay, those between are interpolated.
struct Llama3Scaling {
  double factor = 1;
  double low_frequency_factor = 1;
  double high_frequency_factor = 4;
  double original_context = 8192;
};

// [head_dim / 2]: pair i turns by position * base^(-2i / head_dim) / factor[i].
std::vector<float> Llama3RopeFactors(double base, int head_dim, const Llama3Scaling& scaling);

}  // namespace jupiter

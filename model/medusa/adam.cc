#include "model/medusa/adam.h"

#include <cmath>

namespace jupiter {
namespace {

// As the paper proposes.
constexpr float kBeta1 = 0.9f;
constexpr float kBeta2 = 0.999f;
constexpr float kEpsilon = 1e-8f;

}  // namespace

void Adam::Step(double rate, HeadWeights& gradient, HeadWeights& weights) {
  ++steps_;
  const double bias1 = 1 - std::pow(double{kBeta1}, static_cast<double>(steps_));
  const double bias2 = 1 - std::pow(double{kBeta2}, static_cast<double>(steps_));
  const auto step = static_cast<float>(rate / bias1);
  const auto scale = static_cast<float>(1 / std::sqrt(bias2));
  const auto gradients = gradient.Parts(), parts = weights.Parts();
  const auto means = mean_.Parts(), squares = square_.Parts();
  for (std::size_t part = 0; part < parts.size(); ++part) {
    const float* const g = gradients[part]->data();
    float* const w = parts[part]->data();
    float* const m = means[part]->data();
    float* const s = squares[part]->data();
    for (std::size_t i = 0; i < parts[part]->size(); ++i) {
      m[i] = kBeta1 * m[i] + (1 - kBeta1) * g[i];
      s[i] = kBeta2 * s[i] + (1 - kBeta2) * g[i] * g[i];
      w[i] -= step * m[i] / (std::sqrt(s[i]) * scale + kEpsilon);
    }
  }
}

}  // namespace jupiter

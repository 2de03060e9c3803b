#include "model/sampling/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/base/check.h"
#include "kernels/base/math.h"
#include "kernels/base/rng.h"
#include "model/sampling/finite_check.h"

namespace jupiter {
namespace {

// Token ids in falling order of their logits, at most `count` of them.
std::vector<std::int32_t> Likeliest(std::span<const float> logits, std::size_t count) {
  std::vector<std::int32_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  const auto likelier = [&](std::int32_t a, std::int32_t b) {
    const float left = logits[static_cast<std::size_t>(a)];
    const float right = logits[static_cast<std::size_t>(b)];
    return left != right ? left > right : a < b;
  };
  const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(count, ids.size()));
  std::partial_sort(ids.begin(), end, ids.end(), likelier);
  ids.erase(end, ids.end());
  return ids;
}

// exp((logit - largest) / temperature), with our own exponential: the same on every processor.
std::vector<double> Weigh(std::span<const float> logits, const std::vector<std::int32_t>& ids,
                          float temperature) {
  const double largest = logits[static_cast<std::size_t>(ids.front())];
  std::vector<double> weights;
  weights.reserve(ids.size());
  for (std::int32_t id : ids) {
    const float logit = logits[static_cast<std::size_t>(id)];
    // Infinite logits cannot be subtracted.
    weights.push_back(logit == largest ? 1.0 : DeterministicExp((logit - largest) / temperature));
  }
  return weights;
}

// How many of the likeliest tokens reach the share `top_p` of the whole weight.
std::size_t Nucleus(const std::vector<double>& weights, float top_p) {
  const double target = top_p * std::accumulate(weights.begin(), weights.end(), 0.0);
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i];
    if (sum >= target) return i + 1;
  }
  return weights.size();
}

void CheckNumbers(std::span<const float> logits, std::int64_t index) {
  const auto is_nan = [](float logit) { return std::isnan(logit); };
  if (std::any_of(logits.begin(), logits.end(), is_nan)) CheckLogits(logits, TokenName(index));
}

}  // namespace

void CheckSampling(const SamplingOptions& options) {
  if (!(options.temperature >= 0 && options.temperature <= 100)) {
    FailUser("--temperature is {}, expected 0 (greedy) to 100", options.temperature);
  }
  if (options.top_k < 0) FailUser("--top-k is {}, expected 0 (all) or more", options.top_k);
  if (!(options.top_p > 0 && options.top_p <= 1)) {
    FailUser("--top-p is {}, expected a number above 0 and at most 1", options.top_p);
  }
}

std::string TokenName(std::int64_t index) { return fmt::format("token {} of the answer", index); }

float RandomOfToken(std::uint64_t seed, std::int64_t index) {
  // Mix64 adds this increment once more, as splitmix64 does before its first number.
  constexpr std::uint64_t kIncrement = 0x9e3779b97f4a7c15ull;
  const std::uint64_t bits = Mix64(Mix64(seed) + static_cast<std::uint64_t>(index) * kIncrement);
  return static_cast<float>(bits >> 40) * 0x1p-24f;
}

std::int32_t SampleToken(const SamplingOptions& options, std::span<const float> logits,
                         std::int64_t index) {
  CheckNumbers(logits, index);
  if (options.temperature == 0) {
    return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) -
                                     logits.begin());
  }
  const std::size_t kept =
      options.top_k == 0 ? logits.size() : static_cast<std::size_t>(options.top_k);
  const std::vector<std::int32_t> ids = Likeliest(logits, kept);
  std::vector<double> weights = Weigh(logits, ids, options.temperature);
  weights.resize(Nucleus(weights, options.top_p));
  const double whole = std::accumulate(weights.begin(), weights.end(), 0.0);
  double left = RandomOfToken(options.seed, index) * whole;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    left -= weights[i];
    if (left < 0) return ids[i];
  }
  return ids[weights.size() - 1];
}

}  // namespace jupiter

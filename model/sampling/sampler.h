// From logits to the next token.
#pragma once

#include <cstdint>
#include <span>

namespace jupiter {

struct SamplingOptions {
  float temperature = 0;  // 0: greedy
  int top_k = 0;          // keep the k likeliest tokens; 0 keeps all
  float top_p = 1;        // then the fewest likeliest tokens whose probabilities reach p
  std::uint64_t seed = 0;
};

// Throws UserError for numbers out of range.
void CheckSampling(const SamplingOptions& options);

// The token at `index` of the answer, given its logits [vocab] in host memory. Depends on options,
// logits and index only. Ties go to the smaller id. Throws std::runtime_error when a
// logit is not a number: that ends the run on every rank.
std::int32_t SampleToken(const SamplingOptions& options, std::span<const float> logits,
                         std::int64_t index);

}  // namespace jupiter

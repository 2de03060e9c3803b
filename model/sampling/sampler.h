// From logits to the next token.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace jupiter {

struct SamplingOptions {
  float temperature = 0;  // 0: greedy
  int top_k = 0;          // keep the k likeliest tokens; 0 keeps all
  float top_p = 1;        // then the fewest likeliest tokens whose probabilities reach p
  std::uint64_t seed = 0;
};

// Of sampling: another number, another token from the same logits. Part of what reference files of
// sampled answers are checked by.
inline constexpr int kSamplerVersion = 2;

// Throws UserError for numbers out of range.
void CheckSampling(const SamplingOptions& options);

// "token 3 of the answer", counted from 0.
std::string TokenName(std::int64_t index);

// The random number in [0, 1) that draws the token at `index` of the answer: number `index` of the
// splitmix64 stream (Steele, Lea, Flood 2014) that starts at the scrambled seed. Scrambling the
// seed and the index alike would make them interchangeable: seed a would draw its token b with the
// number of seed b's token a.
float RandomOfToken(std::uint64_t seed, std::int64_t index);

// The token at `index` of the answer, given its logits [vocab] in host memory. Depends on options,
// logits and index only. Ties go to the smaller id. Infinite logits have their order; throws
// UserError when one is not a number. (Runs refuse both, see CheckLogits.)
std::int32_t SampleToken(const SamplingOptions& options, std::span<const float> logits,
                         std::int64_t index);

}  // namespace jupiter

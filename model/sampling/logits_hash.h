// A fingerprint of logits, bit by bit.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/base/rng.h"

namespace jupiter {

// The sum, modulo 2^64, of a scrambled word for each column and its bits. So the columns may be
// hashed in any order, and those of ranges, of which `first` is the first column, add up.
inline std::uint64_t HashLogits(std::span<const float> logits, std::uint32_t first = 0) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const std::uint64_t column = first + i;
    sum += Mix64(column << 32 | std::bit_cast<std::uint32_t>(logits[i]));
  }
  return sum;
}

// The fingerprint of a sequence of fingerprints or tokens.
inline std::uint64_t CombineHash(std::uint64_t hash, std::uint64_t value) {
  return Mix64(hash ^ Mix64(value));
}

}  // namespace jupiter

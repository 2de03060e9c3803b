// A fingerprint of logits, bit by bit.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "kernels/base/rng.h"

namespace jupiter {

inline std::uint64_t HashLogits(std::span<const float> logits) {
  std::uint64_t hash = 0x6a7570697465722aull;
  for (float logit : logits) {
    hash = std::rotl(hash, 23) * 0x9e3779b97f4a7c15ull ^ std::bit_cast<std::uint32_t>(logit);
  }
  return Mix64(hash);
}

// The fingerprint of a sequence of fingerprints or tokens.
inline std::uint64_t CombineHash(std::uint64_t hash, std::uint64_t value) {
  return Mix64(hash ^ Mix64(value));
}

}  // namespace jupiter

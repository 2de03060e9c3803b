// Storage of 16-bit floats and their exact scalar conversions.
#pragma once

#include <bit>
#include <cstdint>

namespace jupiter {

// IEEE binary16.
struct Half {
  std::uint16_t bits = 0;
};

// The upper half of an IEEE binary32.
struct BFloat {
  std::uint16_t bits = 0;
};

inline float ToFloat(BFloat x) { return std::bit_cast<float>(std::uint32_t{x.bits} << 16); }

inline float ToFloat(Half x) {
  const std::uint32_t sign = std::uint32_t{x.bits & 0x8000u} << 16;
  const std::uint32_t magnitude = x.bits & 0x7fffu;
  if (magnitude >= 0x7c00u) {  // infinity, NaN (made quiet, as processors do)
    const std::uint32_t quiet = magnitude > 0x7c00u ? 0x400000u : 0;
    return std::bit_cast<float>(sign | 0x7f800000u | quiet | (magnitude & 0x3ffu) << 13);
  }
  // Shifted into place the exponent is 112 too small; the product also normalises subnormals.
  const float value = std::bit_cast<float>(magnitude << 13) * 0x1p112f;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(value));
}

// Rounds to nearest, ties to even; too large numbers become infinite.
inline Half ToHalf(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {
    return {static_cast<std::uint16_t>(sign | 0x7e00u | (magnitude >> 13 & 0x1ffu))};
  }
  if (magnitude >= 0x477ff000u) return {static_cast<std::uint16_t>(sign | 0x7c00u)};
  if (magnitude < 0x38800000u) {
    // Subnormal: adding 0.5 puts the unit of the result (2^-24) at the last bit of the sum.
    const float sum = std::bit_cast<float>(magnitude) + 0.5f;
    return {static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(sum) - 0x3f000000u))};
  }
  const std::uint32_t odd = magnitude >> 13 & 1u;
  const std::uint32_t rounded = magnitude - 0x38000000u + 0xfffu + odd;
  return {static_cast<std::uint16_t>(sign | rounded >> 13)};
}

}  // namespace jupiter

// Packed forms of quantised weights, as the kernels and the packer see them.
//
// Per group of 16 weight rows and block of 32 columns: kWeightBytes of integers, then (in an array
// of their own) kScaleBytes of scales. The integers of step s < 4 are the columns 4s..4s+3 and, in
// the second half, 16+4s..16+4s+3; each 64 bytes hold 16 rows x 4 columns.
#pragma once

#include <cstdint>

#include "kernels/base/half.h"
#include "kernels/cpu/inline.h"

namespace jupiter::cpu {

// Bytes q + kOffset: first half of the columns in 64 * s, second half in 256 + 64 * s.
template <int offset>
struct ByteFormat {
  static constexpr int kOffset = offset;
  static constexpr int kWeightBytes = 512;

  template <class V, int step>
  static JUPITER_INLINE void LoadStep(const std::uint8_t* block, typename V::B& first,
                                      typename V::B& second) {
    first = V::template Centre<offset>(V::LoadB(block + 64 * step));
    second = V::template Centre<offset>(V::LoadB(block + 256 + 64 * step));
  }
};

// Nibbles q + kOffset: first half of the columns in the low ones.
template <int offset>
struct NibbleFormat {
  static constexpr int kOffset = offset;
  static constexpr int kWeightBytes = 256;

  template <class V, int step>
  static JUPITER_INLINE void LoadStep(const std::uint8_t* block, typename V::B& first,
                                      typename V::B& second) {
    const typename V::B both = V::LoadB(block + 64 * step);
    first = V::template Centre<offset>(V::LowNibbles(both));
    second = V::template Centre<offset>(V::HighNibbles(both));
  }
};

// Scales f16 [16].
struct PackedQ8_0 : ByteFormat<128> {
  using Scale = Half;
  static constexpr bool kMinimums = false;
  static constexpr int kScales = 1;
  static constexpr int kScaleBytes = 32;
};

// Scales f16 [16].
struct PackedQ4_0 : NibbleFormat<8> {
  using Scale = Half;
  static constexpr bool kMinimums = false;
  static constexpr int kScales = 1;
  static constexpr int kScaleBytes = 32;
};

// Scales f32 [16], minimums f32 [16]; w = scale * q - minimum.
struct PackedQ4_K : NibbleFormat<0> {
  using Scale = float;
  static constexpr bool kMinimums = true;
  static constexpr int kScales = 1;
  static constexpr int kScaleBytes = 128;
};

// Scales f32 [2][16]: one per half of the columns.
struct PackedQ6_K : ByteFormat<32> {
  using Scale = float;
  static constexpr bool kMinimums = false;
  static constexpr int kScales = 2;
  static constexpr int kScaleBytes = 128;
};

}  // namespace jupiter::cpu

// 16 lanes in plain C++: the definition that the other instruction sets match bit by bit.
//
// A vector type offers
//   F, I, B      16 floats, 16 int32, 64 bytes
//   X            16 activations (int8), whose groups of four `Dot` broadcasts
//   lane-wise arithmetic, each operation rounded once; `Sum` is the fixed tree
//     s[i] = v[i] + v[i+8], then s[i] + s[i+4], s[i] + s[i+2], s[0] + s[1]
//   Dot<offset, step>: acc[lane] += sum over j < 4 of weight[4 * lane + j] * x[4 * step + j], where
//     weights are stored as unsigned bytes with `offset` added. Instruction sets that multiply
//     signed bytes take the offset away (`Centre`); the others multiply what is stored, and the
//     caller starts the sum at -offset * sum(x) (kStoredDot<offset>). The integers are exact.
#pragma once

#include <cstdint>

#include "kernels/base/half.h"
#include "kernels/cpu/inline.h"
#include "kernels/cpu/tiling.h"

namespace jupiter::cpu {

struct Portable {
  struct F {
    float v[16];
  };
  struct I {
    std::int32_t v[16];
  };
  struct B {
    std::uint8_t v[64];
  };
  using X = const std::int8_t*;

  static constexpr Tiling kDense = {2, 1, 1};
  static constexpr Tiling kQuant = {2, 1, 1};
  static constexpr int kHeads = 2;

  static F Set(float x) {
    return Map([=](int) { return x; });
  }
  static F Zero() { return Set(0); }
  static F Load(const float* p) {
    return Map([=](int i) { return p[i]; });
  }
  static F Load(const Half* p) {
    return Map([=](int i) { return ToFloat(p[i]); });
  }
  static F Load(const BFloat* p) {
    return Map([=](int i) { return ToFloat(p[i]); });
  }
  // The first n < 16 elements, then `fill`.
  template <typename T>
  static F LoadPart(const T* p, int n, float fill) {
    return Map([=](int i) { return i < n ? ToFloat(p[i]) : fill; });
  }
  static void Store(float* p, const F& x) { StorePart(p, x, 16); }
  static void StorePart(float* p, const F& x, int n) {
    for (int i = 0; i < n; ++i) p[i] = x.v[i];
  }
  static void Store(Half* p, const F& x) { StorePart(p, x, 16); }
  static void StorePart(Half* p, const F& x, int n) {
    for (int i = 0; i < n; ++i) p[i] = ToHalf(x.v[i]);
  }

  static F Add(const F& a, const F& b) {
    return Map([&](int i) { return a.v[i] + b.v[i]; });
  }
  static F Sub(const F& a, const F& b) {
    return Map([&](int i) { return a.v[i] - b.v[i]; });
  }
  static F Mul(const F& a, const F& b) {
    return Map([&](int i) { return a.v[i] * b.v[i]; });
  }
  static F Div(const F& a, const F& b) {
    return Map([&](int i) { return a.v[i] / b.v[i]; });
  }
  // a * b + c
  static F Fma(const F& a, const F& b, const F& c) {
    return Map([&](int i) { return __builtin_fmaf(a.v[i], b.v[i], c.v[i]); });
  }
  // a > b ? a : b, so b where one is NaN.
  static F Max(const F& a, const F& b) {
    return Map([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
  }
  // a < b ? a : b
  static F Min(const F& a, const F& b) {
    return Map([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
  }
  // x < limit ? 0 : value
  static F ZeroBelow(const F& x, const F& limit, const F& value) {
    return Map([&](int i) { return x.v[i] < limit.v[i] ? 0.0f : value.v[i]; });
  }
  static float Sum(const F& x) {
    F s = x;
    for (int width = 8; width >= 1; width /= 2) {
      for (int i = 0; i < width; ++i) s.v[i] += s.v[i + width];
    }
    return s.v[0];
  }
  static float MaxLane(const F& x) {
    F s = x;
    for (int width = 8; width >= 1; width /= 2) {
      for (int i = 0; i < width; ++i) s.v[i] = s.v[i] > s.v[i + width] ? s.v[i] : s.v[i + width];
    }
    return s.v[0];
  }

  static I SetI(std::int32_t x) {
    return MapI([=](int) { return x; });
  }
  static I AddI(const I& a, const I& b) {
    return MapI([&](int i) { return Wrap(std::int64_t{a.v[i]} + b.v[i]); });
  }
  static I SubI(const I& a, const I& b) {
    return MapI([&](int i) { return Wrap(std::int64_t{a.v[i]} - b.v[i]); });
  }
  static I MaxI(const I& a, const I& b) {
    return MapI([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
  }
  static I ShiftLeft23(const I& x) {
    return MapI([&](int i) { return Wrap(std::int64_t{x.v[i]} * (1 << 23)); });
  }
  static std::int32_t SumI(const I& x) {
    std::int32_t sum = 0;
    for (std::int32_t lane : x.v) sum += lane;
    return sum;
  }
  static std::int32_t MaxLaneI(const I& x) {
    std::int32_t max = x.v[0];
    for (std::int32_t lane : x.v) max = lane > max ? lane : max;
    return max;
  }
  static F ToFloat16(const I& x) {
    return Map([&](int i) { return static_cast<float>(x.v[i]); });
  }
  // To nearest, ties to even, for |x| < 2^22.
  static I Round(const F& x) {
    return MapI([&](int i) { return static_cast<std::int32_t>(x.v[i] + 0x1.8p23f - 0x1.8p23f); });
  }
  static I Bits(const F& x) {
    return MapI([&](int i) { return std::bit_cast<std::int32_t>(x.v[i]); });
  }
  static I AbsBits(const F& x) {
    return MapI([&](int i) { return std::bit_cast<std::int32_t>(x.v[i]) & 0x7fffffff; });
  }
  static F FromBits(const I& x) {
    return Map([&](int i) { return std::bit_cast<float>(x.v[i]); });
  }
  // Lanes within the range of int8.
  static void StoreI8(std::int8_t* p, const I& x) {
    for (int i = 0; i < 16; ++i) p[i] = static_cast<std::int8_t>(x.v[i]);
  }

  static B LoadB(const std::uint8_t* p) {
    return MapB([=](int i) { return p[i]; });
  }
  static B SetB(std::uint8_t x) {
    return MapB([=](int) { return x; });
  }
  static B LowNibbles(const B& x) {
    return MapB([&](int i) { return x.v[i] & 0x0f; });
  }
  static B HighNibbles(const B& x) {
    return MapB([&](int i) { return x.v[i] >> 4; });
  }
  static X LoadX(const std::int8_t* x) { return x; }
  template <int offset>
  static constexpr bool kStoredDot = true;
  template <int offset>
  static B Centre(const B& w) {
    return w;
  }
  template <int offset, int step>
  static I Dot(const I& acc, const B& w, X x) {
    return MapI([&](int i) {
      std::int32_t sum = acc.v[i];
      for (int j = 0; j < 4; ++j) sum += w.v[4 * i + j] * x[4 * step + j];
      return sum;
    });
  }

 private:
  static float ToFloat(float x) { return x; }
  static float ToFloat(Half x) { return jupiter::ToFloat(x); }
  static float ToFloat(BFloat x) { return jupiter::ToFloat(x); }
  static std::int32_t Wrap(std::int64_t x) { return static_cast<std::int32_t>(x); }
  template <typename Lane>
  static F Map(Lane lane) {
    F result;
    for (int i = 0; i < 16; ++i) result.v[i] = lane(i);
    return result;
  }
  template <typename Lane>
  static I MapI(Lane lane) {
    I result;
    for (int i = 0; i < 16; ++i) result.v[i] = lane(i);
    return result;
  }
  template <typename Byte>
  static B MapB(Byte byte) {
    B result;
    for (int i = 0; i < 64; ++i) result.v[i] = static_cast<std::uint8_t>(byte(i));
    return result;
  }
};

}  // namespace jupiter::cpu

// 16 lanes in two AVX2 registers (with FMA and F16C). Meaning of the members: vec_portable.h.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kernels/base/half.h"
#include "kernels/cpu/inline.h"
#include "kernels/cpu/tiling.h"

namespace jupiter::cpu {

struct Avx2 {
  struct F {
    __m256 lo, hi;
  };
  struct I {
    __m256i lo, hi;
  };
  struct B {
    __m256i lo, hi;
  };
  using X = const std::int8_t*;

  static constexpr Tiling kDense = {6, 1, 4};
  static constexpr Tiling kQuant = {3, 1, 2};
  static constexpr int kHeads = 4;

  static JUPITER_INLINE F Set(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
  static JUPITER_INLINE F Zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
  static JUPITER_INLINE F Load(const float* p) {
    return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
  }
  static JUPITER_INLINE F Load(const Half* p) {
    return {_mm256_cvtph_ps(Load8(p)), _mm256_cvtph_ps(Load8(p + 8))};
  }
  static JUPITER_INLINE F Load(const BFloat* p) { return {Widen(Load8(p)), Widen(Load8(p + 8))}; }
  static JUPITER_INLINE F LoadPart(const float* p, int n, float fill) {
    const I mask = First(n);
    const __m256 filler = _mm256_set1_ps(fill);
    return {
        _mm256_blendv_ps(filler, _mm256_maskload_ps(p, mask.lo), _mm256_castsi256_ps(mask.lo)),
        _mm256_blendv_ps(filler, _mm256_maskload_ps(p + 8, mask.hi), _mm256_castsi256_ps(mask.hi))};
  }
  static JUPITER_INLINE F LoadPart(const Half* p, int n, float fill) {
    Half copy[16];
    Zero16(copy);
    for (int i = 0; i < n; ++i) copy[i].bits = p[i].bits;
    const F x = Load(copy);
    const I mask = First(n);
    const __m256 filler = _mm256_set1_ps(fill);
    return {_mm256_blendv_ps(filler, x.lo, _mm256_castsi256_ps(mask.lo)),
            _mm256_blendv_ps(filler, x.hi, _mm256_castsi256_ps(mask.hi))};
  }
  static JUPITER_INLINE void Store(float* p, F x) {
    _mm256_storeu_ps(p, x.lo);
    _mm256_storeu_ps(p + 8, x.hi);
  }
  static JUPITER_INLINE void StorePart(float* p, F x, int n) {
    const I mask = First(n);
    _mm256_maskstore_ps(p, mask.lo, x.lo);
    _mm256_maskstore_ps(p + 8, mask.hi, x.hi);
  }
  static JUPITER_INLINE void Store(Half* p, F x) {
    Store8(p, _mm256_cvtps_ph(x.lo, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
    Store8(p + 8, _mm256_cvtps_ph(x.hi, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }
  static JUPITER_INLINE void StorePart(Half* p, F x, int n) {
    Half copy[16];
    Store(copy, x);
    for (int i = 0; i < n; ++i) p[i].bits = copy[i].bits;
  }

  static JUPITER_INLINE F Add(F a, F b) {
    return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)};
  }
  static JUPITER_INLINE F Sub(F a, F b) {
    return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)};
  }
  static JUPITER_INLINE F Mul(F a, F b) {
    return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)};
  }
  static JUPITER_INLINE F Div(F a, F b) {
    return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)};
  }
  static JUPITER_INLINE F Fma(F a, F b, F c) {
    return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
  }
  static JUPITER_INLINE F Max(F a, F b) {
    return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)};
  }
  static JUPITER_INLINE F Min(F a, F b) {
    return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)};
  }
  static JUPITER_INLINE F ZeroBelow(F x, F limit, F value) {
    return {_mm256_and_ps(_mm256_cmp_ps(x.lo, limit.lo, _CMP_NLT_UQ), value.lo),
            _mm256_and_ps(_mm256_cmp_ps(x.hi, limit.hi, _CMP_NLT_UQ), value.hi)};
  }
  static JUPITER_INLINE float Sum(F x) {
    const __m256 s8 = _mm256_add_ps(x.lo, x.hi);
    const __m128 s4 = _mm_add_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    const __m128 s2 = _mm_add_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_add_ss(s2, _mm_movehdup_ps(s2)));
  }
  static JUPITER_INLINE float MaxLane(F x) {
    const __m256 s8 = _mm256_max_ps(x.lo, x.hi);
    const __m128 s4 = _mm_max_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    const __m128 s2 = _mm_max_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_max_ss(s2, _mm_movehdup_ps(s2)));
  }

  static JUPITER_INLINE I SetI(std::int32_t x) {
    return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)};
  }
  static JUPITER_INLINE I AddI(I a, I b) {
    return {_mm256_add_epi32(a.lo, b.lo), _mm256_add_epi32(a.hi, b.hi)};
  }
  static JUPITER_INLINE I SubI(I a, I b) {
    return {_mm256_sub_epi32(a.lo, b.lo), _mm256_sub_epi32(a.hi, b.hi)};
  }
  static JUPITER_INLINE I MaxI(I a, I b) {
    return {_mm256_max_epi32(a.lo, b.lo), _mm256_max_epi32(a.hi, b.hi)};
  }
  static JUPITER_INLINE I ShiftLeft23(I x) {
    return {_mm256_slli_epi32(x.lo, 23), _mm256_slli_epi32(x.hi, 23)};
  }
  static JUPITER_INLINE std::int32_t SumI(I x) {
    const __m256i s8 = _mm256_add_epi32(x.lo, x.hi);
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(s8), _mm256_extracti128_si256(s8, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
  }
  static JUPITER_INLINE std::int32_t MaxLaneI(I x) {
    const __m256i s8 = _mm256_max_epi32(x.lo, x.hi);
    __m128i s = _mm_max_epi32(_mm256_castsi256_si128(s8), _mm256_extracti128_si256(s8, 1));
    s = _mm_max_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_max_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
  }
  static JUPITER_INLINE F ToFloat16(I x) {
    return {_mm256_cvtepi32_ps(x.lo), _mm256_cvtepi32_ps(x.hi)};
  }
  static JUPITER_INLINE I Round(F x) {
    return {_mm256_cvtps_epi32(x.lo), _mm256_cvtps_epi32(x.hi)};
  }
  static JUPITER_INLINE I Bits(F x) {
    return {_mm256_castps_si256(x.lo), _mm256_castps_si256(x.hi)};
  }
  static JUPITER_INLINE I AbsBits(F x) {
    const __m256i mask = _mm256_set1_epi32(0x7fffffff);
    return {_mm256_and_si256(_mm256_castps_si256(x.lo), mask),
            _mm256_and_si256(_mm256_castps_si256(x.hi), mask)};
  }
  static JUPITER_INLINE F FromBits(I x) {
    return {_mm256_castsi256_ps(x.lo), _mm256_castsi256_ps(x.hi)};
  }
  static JUPITER_INLINE void StoreI8(std::int8_t* p, I x) {
    // packs works within 128-bit halves; the permutation puts the quarters back in order.
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(x.lo, x.hi), 0xd8);
    const __m128i bytes =
        _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
  }

  static JUPITER_INLINE B LoadB(const std::uint8_t* p) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)),
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32))};
  }
  static JUPITER_INLINE B SetB(std::uint8_t x) {
    const __m256i all = _mm256_set1_epi8(static_cast<char>(x));
    return {all, all};
  }
  static JUPITER_INLINE B LowNibbles(B x) {
    const __m256i mask = _mm256_set1_epi8(0x0f);
    return {_mm256_and_si256(x.lo, mask), _mm256_and_si256(x.hi, mask)};
  }
  static JUPITER_INLINE B HighNibbles(B x) {
    return LowNibbles({_mm256_srli_epi16(x.lo, 4), _mm256_srli_epi16(x.hi, 4)});
  }
  static JUPITER_INLINE X LoadX(const std::int8_t* x) { return x; }
  static JUPITER_INLINE __m256i Broadcast(const std::int8_t* x) {
    std::int32_t four;
    __builtin_memcpy(&four, x, sizeof four);
    return _mm256_set1_epi32(four);
  }

  // vpmaddubsw adds two products of an unsigned and a signed byte with saturation at 16 bits.
  // Stored weights up to 63 (offset 32) cannot reach it; those of offset 128 are multiplied as |w|
  // times x with the sign of w: at most 2 * 128 * 127 < 2^15.
  template <int offset>
  static constexpr bool kStoredDot = offset != 128;
  template <int offset>
  static JUPITER_INLINE B Centre(B w) {
    if constexpr (kStoredDot<offset>) return w;
    const __m256i top = _mm256_set1_epi8(static_cast<char>(0x80));
    return {_mm256_xor_si256(w.lo, top), _mm256_xor_si256(w.hi, top)};
  }
  template <int offset, int step>
  static JUPITER_INLINE I Dot(I acc, B w, X x) {
    const __m256i four = Broadcast(x + 4 * step);
    return {_mm256_add_epi32(acc.lo, DotHalf<offset>(w.lo, four)),
            _mm256_add_epi32(acc.hi, DotHalf<offset>(w.hi, four))};
  }

 private:
  static JUPITER_INLINE I First(int n) {
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return {_mm256_cmpgt_epi32(_mm256_set1_epi32(n), index),
            _mm256_cmpgt_epi32(_mm256_set1_epi32(n - 8), index)};
  }
  template <typename T>
  static JUPITER_INLINE __m128i Load8(const T* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  static JUPITER_INLINE void Store8(Half* p, __m128i x) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), x);
  }
  static JUPITER_INLINE void Zero16(Half* p) {
    Store8(p, _mm_setzero_si128());
    Store8(p + 8, _mm_setzero_si128());
  }
  static JUPITER_INLINE __m256 Widen(__m128i bits) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  template <int offset>
  static JUPITER_INLINE __m256i DotHalf(__m256i w, __m256i x) {
    const __m256i ones = _mm256_set1_epi16(1);
    if constexpr (kStoredDot<offset>) {
      return _mm256_madd_epi16(_mm256_maddubs_epi16(w, x), ones);
    } else {
      const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
      return _mm256_madd_epi16(pairs, ones);
    }
  }
};

}  // namespace jupiter::cpu

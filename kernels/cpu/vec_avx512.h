// 16 lanes in one AVX-512 register; byte dots by vpdpbusd. Meaning of the members: vec_portable.h.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kernels/base/half.h"
#include "kernels/cpu/inline.h"
#include "kernels/cpu/tiling.h"

namespace jupiter::cpu {

struct Avx512 {
  using F = __m512;
  using I = __m512i;
  using B = __m512i;
  using X = const std::int8_t*;

  static constexpr Tiling kDense = {6, 4, 4};
  static constexpr Tiling kQuant = {6, 2, 4};
  static constexpr int kHeads = 8;

  static JUPITER_INLINE F Set(float x) { return _mm512_set1_ps(x); }
  static JUPITER_INLINE F Zero() { return _mm512_setzero_ps(); }
  static JUPITER_INLINE F Load(const float* p) { return _mm512_loadu_ps(p); }
  static JUPITER_INLINE F Load(const Half* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static JUPITER_INLINE F Load(const BFloat* p) {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
  }
  static JUPITER_INLINE F LoadPart(const float* p, int n, float fill) {
    return _mm512_mask_loadu_ps(Set(fill), First(n), p);
  }
  static JUPITER_INLINE F LoadPart(const Half* p, int n, float fill) {
    const F x = _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(First(n), p));
    return _mm512_mask_mov_ps(Set(fill), First(n), x);
  }
  static JUPITER_INLINE void Store(float* p, F x) { _mm512_storeu_ps(p, x); }
  static JUPITER_INLINE void StorePart(float* p, F x, int n) {
    _mm512_mask_storeu_ps(p, First(n), x);
  }
  static JUPITER_INLINE void Store(Half* p, F x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), ToHalves(x));
  }
  static JUPITER_INLINE void StorePart(Half* p, F x, int n) {
    _mm256_mask_storeu_epi16(p, First(n), ToHalves(x));
  }

  static JUPITER_INLINE F Add(F a, F b) { return _mm512_add_ps(a, b); }
  static JUPITER_INLINE F Sub(F a, F b) { return _mm512_sub_ps(a, b); }
  static JUPITER_INLINE F Mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static JUPITER_INLINE F Div(F a, F b) { return _mm512_div_ps(a, b); }
  static JUPITER_INLINE F Fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static JUPITER_INLINE F Max(F a, F b) { return _mm512_max_ps(a, b); }
  static JUPITER_INLINE F Min(F a, F b) { return _mm512_min_ps(a, b); }
  static JUPITER_INLINE F ZeroBelow(F x, F limit, F value) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, limit, _CMP_NLT_UQ), value);
  }
  static JUPITER_INLINE float Sum(F x) {
    const __m256 s8 = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
    const __m128 s4 = _mm_add_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    const __m128 s2 = _mm_add_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_add_ss(s2, _mm_movehdup_ps(s2)));
  }
  static JUPITER_INLINE float MaxLane(F x) {
    const __m256 s8 = _mm256_max_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
    const __m128 s4 = _mm_max_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    const __m128 s2 = _mm_max_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_max_ss(s2, _mm_movehdup_ps(s2)));
  }

  static JUPITER_INLINE I SetI(std::int32_t x) { return _mm512_set1_epi32(x); }
  static JUPITER_INLINE I AddI(I a, I b) { return _mm512_add_epi32(a, b); }
  static JUPITER_INLINE I SubI(I a, I b) { return _mm512_sub_epi32(a, b); }
  static JUPITER_INLINE I MaxI(I a, I b) { return _mm512_max_epi32(a, b); }
  static JUPITER_INLINE I ShiftLeft23(I x) { return _mm512_slli_epi32(x, 23); }
  static JUPITER_INLINE std::int32_t SumI(I x) { return _mm512_reduce_add_epi32(x); }
  static JUPITER_INLINE std::int32_t MaxLaneI(I x) { return _mm512_reduce_max_epi32(x); }
  static JUPITER_INLINE F ToFloat16(I x) { return _mm512_cvtepi32_ps(x); }
  static JUPITER_INLINE I Round(F x) { return _mm512_cvtps_epi32(x); }
  static JUPITER_INLINE I Bits(F x) { return _mm512_castps_si512(x); }
  static JUPITER_INLINE I AbsBits(F x) { return _mm512_and_si512(Bits(x), SetI(0x7fffffff)); }
  static JUPITER_INLINE F FromBits(I x) { return _mm512_castsi512_ps(x); }
  static JUPITER_INLINE void StoreI8(std::int8_t* p, I x) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(x));
  }

  static JUPITER_INLINE B LoadB(const std::uint8_t* p) { return _mm512_loadu_si512(p); }
  static JUPITER_INLINE B SetB(std::uint8_t x) { return _mm512_set1_epi8(static_cast<char>(x)); }
  static JUPITER_INLINE B LowNibbles(B x) { return _mm512_and_si512(x, SetB(0x0f)); }
  static JUPITER_INLINE B HighNibbles(B x) { return LowNibbles(_mm512_srli_epi16(x, 4)); }
  static JUPITER_INLINE X LoadX(const std::int8_t* x) { return x; }
  template <int offset>
  static constexpr bool kStoredDot = true;
  template <int offset>
  static JUPITER_INLINE B Centre(B w) {
    return w;
  }
  template <int offset, int step>
  static JUPITER_INLINE I Dot(I acc, B w, X x) {
    std::int32_t four;
    __builtin_memcpy(&four, x + 4 * step, sizeof four);
    return _mm512_dpbusd_epi32(acc, w, _mm512_set1_epi32(four));
  }

 private:
  static JUPITER_INLINE __mmask16 First(int n) { return static_cast<__mmask16>((1u << n) - 1); }
  static JUPITER_INLINE __m256i ToHalves(F x) {
    return _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
};

}  // namespace jupiter::cpu

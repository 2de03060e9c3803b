// AVX2 with the 256-bit vpdpbusd of processors that have AVX-VNNI but no AVX-512.
#pragma once

#include "kernels/cpu/vec_avx2.h"

namespace jupiter::cpu {

struct AvxVnni : Avx2 {
  static constexpr Tiling kQuant = {3, 1, 2};

  template <int offset>
  static constexpr bool kStoredDot = true;
  template <int offset>
  static JUPITER_INLINE B Centre(B w) {
    return w;
  }
  template <int offset, int step>
  static JUPITER_INLINE I Dot(I acc, B w, X x) {
    const __m256i four = Broadcast(x + 4 * step);
    return {_mm256_dpbusd_avx_epi32(acc.lo, w.lo, four),
            _mm256_dpbusd_avx_epi32(acc.hi, w.hi, four)};
  }
};

}  // namespace jupiter::cpu

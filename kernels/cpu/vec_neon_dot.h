// NEON with the dot product extension: sdot by lane.
#pragma once

#include "kernels/cpu/vec_neon.h"

namespace jupiter::cpu {

struct NeonDot : Neon {
  template <int offset, int step>
  static JUPITER_INLINE I Dot(I acc, B w, X x) {
    return MapI([&](auto i) JUPITER_LAMBDA {
      return vdotq_laneq_s32(acc.q[i.value], vreinterpretq_s8_u8(w.q[i.value]), x, step);
    });
  }
};

}  // namespace jupiter::cpu

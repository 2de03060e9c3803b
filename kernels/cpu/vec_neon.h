// 16 lanes in four NEON registers. Meaning of the members: vec_portable.h.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "kernels/base/half.h"
#include "kernels/cpu/inline.h"
#include "kernels/cpu/tiling.h"

namespace jupiter::cpu {

struct Neon {
  struct F {
    float32x4_t q[4];
  };
  struct I {
    int32x4_t q[4];
  };
  struct B {
    uint8x16_t q[4];
  };
  using X = int8x16_t;

  static constexpr Tiling kDense = {6, 1, 4};
  static constexpr Tiling kQuant = {3, 1, 2};
  static constexpr int kHeads = 4;

  static JUPITER_INLINE F Set(float x) {
    const float32x4_t all = vdupq_n_f32(x);
    return {{all, all, all, all}};
  }
  static JUPITER_INLINE F Zero() { return Set(0); }
  static JUPITER_INLINE F Load(const float* p) {
    return {{vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)}};
  }
  static JUPITER_INLINE F Load(const Half* p) {
    return Map([&](auto i) JUPITER_LAMBDA {
      return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(&p[4 * i.value].bits)));
    });
  }
  static JUPITER_INLINE F Load(const BFloat* p) {
    return Map([&](auto i) JUPITER_LAMBDA {
      return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(&p[4 * i.value].bits), 16));
    });
  }
  static JUPITER_INLINE F LoadPart(const float* p, int n, float fill) {
    float copy[16];
    Store(copy, Set(fill));
    for (int i = 0; i < n; ++i) copy[i] = p[i];
    return Load(copy);
  }
  static JUPITER_INLINE F LoadPart(const Half* p, int n, float fill) {
    Half copy[16];
    Store(copy, Set(fill));
    for (int i = 0; i < n; ++i) copy[i].bits = p[i].bits;
    return Load(copy);
  }
  static JUPITER_INLINE void Store(float* p, F x) {
    Unroll<4>([&](auto i) JUPITER_LAMBDA { vst1q_f32(p + 4 * i.value, x.q[i.value]); });
  }
  static JUPITER_INLINE void StorePart(float* p, F x, int n) {
    float copy[16];
    Store(copy, x);
    for (int i = 0; i < n; ++i) p[i] = copy[i];
  }
  static JUPITER_INLINE void Store(Half* p, F x) {
    Unroll<4>([&](auto i) JUPITER_LAMBDA {
      vst1_u16(&p[4 * i.value].bits, vreinterpret_u16_f16(vcvt_f16_f32(x.q[i.value])));
    });
  }
  static JUPITER_INLINE void StorePart(Half* p, F x, int n) {
    Half copy[16];
    Store(copy, x);
    for (int i = 0; i < n; ++i) p[i].bits = copy[i].bits;
  }

  static JUPITER_INLINE F Add(F a, F b) {
    return Map([&](auto i) JUPITER_LAMBDA { return vaddq_f32(a.q[i.value], b.q[i.value]); });
  }
  static JUPITER_INLINE F Sub(F a, F b) {
    return Map([&](auto i) JUPITER_LAMBDA { return vsubq_f32(a.q[i.value], b.q[i.value]); });
  }
  static JUPITER_INLINE F Mul(F a, F b) {
    return Map([&](auto i) JUPITER_LAMBDA { return vmulq_f32(a.q[i.value], b.q[i.value]); });
  }
  static JUPITER_INLINE F Div(F a, F b) {
    return Map([&](auto i) JUPITER_LAMBDA { return vdivq_f32(a.q[i.value], b.q[i.value]); });
  }
  static JUPITER_INLINE F Fma(F a, F b, F c) {
    return Map([&](auto i)
                   JUPITER_LAMBDA { return vfmaq_f32(c.q[i.value], a.q[i.value], b.q[i.value]); });
  }
  // Comparison and selection: fmax would prefer NaN and +0.
  static JUPITER_INLINE F Max(F a, F b) {
    return Map([&](auto i) JUPITER_LAMBDA {
      return vbslq_f32(vcgtq_f32(a.q[i.value], b.q[i.value]), a.q[i.value], b.q[i.value]);
    });
  }
  static JUPITER_INLINE F Min(F a, F b) {
    return Map([&](auto i) JUPITER_LAMBDA {
      return vbslq_f32(vcltq_f32(a.q[i.value], b.q[i.value]), a.q[i.value], b.q[i.value]);
    });
  }
  static JUPITER_INLINE F ZeroBelow(F x, F limit, F value) {
    return Map([&](auto i) JUPITER_LAMBDA {
      return vbslq_f32(vcltq_f32(x.q[i.value], limit.q[i.value]), vdupq_n_f32(0), value.q[i.value]);
    });
  }
  static JUPITER_INLINE float Sum(F x) {
    const float32x4_t s4 = vaddq_f32(vaddq_f32(x.q[0], x.q[2]), vaddq_f32(x.q[1], x.q[3]));
    const float32x2_t s2 = vadd_f32(vget_low_f32(s4), vget_high_f32(s4));
    return vget_lane_f32(s2, 0) + vget_lane_f32(s2, 1);
  }
  static JUPITER_INLINE float MaxLane(F x) {
    float lanes[16];
    Store(lanes, x);
    for (int width = 8; width >= 1; width /= 2) {
      for (int i = 0; i < width; ++i) {
        if (!(lanes[i] > lanes[i + width])) lanes[i] = lanes[i + width];
      }
    }
    return lanes[0];
  }

  static JUPITER_INLINE I SetI(std::int32_t x) {
    const int32x4_t all = vdupq_n_s32(x);
    return {{all, all, all, all}};
  }
  static JUPITER_INLINE I AddI(I a, I b) {
    return MapI([&](auto i) JUPITER_LAMBDA { return vaddq_s32(a.q[i.value], b.q[i.value]); });
  }
  static JUPITER_INLINE I SubI(I a, I b) {
    return MapI([&](auto i) JUPITER_LAMBDA { return vsubq_s32(a.q[i.value], b.q[i.value]); });
  }
  static JUPITER_INLINE I MaxI(I a, I b) {
    return MapI([&](auto i) JUPITER_LAMBDA { return vmaxq_s32(a.q[i.value], b.q[i.value]); });
  }
  static JUPITER_INLINE I ShiftLeft23(I x) {
    return MapI([&](auto i) JUPITER_LAMBDA { return vshlq_n_s32(x.q[i.value], 23); });
  }
  static JUPITER_INLINE std::int32_t SumI(I x) {
    return vaddvq_s32(vaddq_s32(vaddq_s32(x.q[0], x.q[1]), vaddq_s32(x.q[2], x.q[3])));
  }
  static JUPITER_INLINE std::int32_t MaxLaneI(I x) {
    return vmaxvq_s32(vmaxq_s32(vmaxq_s32(x.q[0], x.q[1]), vmaxq_s32(x.q[2], x.q[3])));
  }
  static JUPITER_INLINE F ToFloat16(I x) {
    return Map([&](auto i) JUPITER_LAMBDA { return vcvtq_f32_s32(x.q[i.value]); });
  }
  static JUPITER_INLINE I Round(F x) {
    return MapI([&](auto i) JUPITER_LAMBDA { return vcvtnq_s32_f32(x.q[i.value]); });
  }
  static JUPITER_INLINE I Bits(F x) {
    return MapI([&](auto i) JUPITER_LAMBDA { return vreinterpretq_s32_f32(x.q[i.value]); });
  }
  static JUPITER_INLINE I AbsBits(F x) {
    return MapI([&](auto i) JUPITER_LAMBDA {
      return vandq_s32(vreinterpretq_s32_f32(x.q[i.value]), vdupq_n_s32(0x7fffffff));
    });
  }
  static JUPITER_INLINE F FromBits(I x) {
    return Map([&](auto i) JUPITER_LAMBDA { return vreinterpretq_f32_s32(x.q[i.value]); });
  }
  static JUPITER_INLINE void StoreI8(std::int8_t* p, I x) {
    const int16x8_t low = vcombine_s16(vmovn_s32(x.q[0]), vmovn_s32(x.q[1]));
    const int16x8_t high = vcombine_s16(vmovn_s32(x.q[2]), vmovn_s32(x.q[3]));
    vst1q_s8(p, vcombine_s8(vmovn_s16(low), vmovn_s16(high)));
  }

  static JUPITER_INLINE B LoadB(const std::uint8_t* p) {
    return {{vld1q_u8(p), vld1q_u8(p + 16), vld1q_u8(p + 32), vld1q_u8(p + 48)}};
  }
  static JUPITER_INLINE B SetB(std::uint8_t x) {
    const uint8x16_t all = vdupq_n_u8(x);
    return {{all, all, all, all}};
  }
  static JUPITER_INLINE B LowNibbles(B x) {
    return MapB([&](auto i) JUPITER_LAMBDA { return vandq_u8(x.q[i.value], vdupq_n_u8(0x0f)); });
  }
  static JUPITER_INLINE B HighNibbles(B x) {
    return MapB([&](auto i) JUPITER_LAMBDA { return vshrq_n_u8(x.q[i.value], 4); });
  }
  static JUPITER_INLINE X LoadX(const std::int8_t* x) { return vld1q_s8(x); }
  // Signed by signed: weights are centred first.
  template <int offset>
  static constexpr bool kStoredDot = false;
  template <int offset>
  static JUPITER_INLINE B Centre(B w) {
    if constexpr (offset == 0) return w;
    return MapB([&](auto i) JUPITER_LAMBDA { return vsubq_u8(w.q[i.value], vdupq_n_u8(offset)); });
  }
  template <int offset, int step>
  static JUPITER_INLINE I Dot(I acc, B w, X x) {
    const int8x16_t four = vreinterpretq_s8_s32(vdupq_laneq_s32(vreinterpretq_s32_s8(x), step));
    return MapI([&](auto i) JUPITER_LAMBDA {
      const int8x16_t signed_w = vreinterpretq_s8_u8(w.q[i.value]);
      // Products below 2^14, of two rows each; pairs, then quads, make one sum per row.
      const int16x8_t low = vmull_s8(vget_low_s8(signed_w), vget_low_s8(four));
      const int16x8_t high = vmull_high_s8(signed_w, four);
      return vaddq_s32(acc.q[i.value], vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
    });
  }

 protected:
  template <typename Q>
  static JUPITER_INLINE I MapI(Q quarter) {
    return {{quarter(Index<0>{}), quarter(Index<1>{}), quarter(Index<2>{}), quarter(Index<3>{})}};
  }

 private:
  template <typename Q>
  static JUPITER_INLINE F Map(Q quarter) {
    return {{quarter(Index<0>{}), quarter(Index<1>{}), quarter(Index<2>{}), quarter(Index<3>{})}};
  }
  template <typename Q>
  static JUPITER_INLINE B MapB(Q quarter) {
    return {{quarter(Index<0>{}), quarter(Index<1>{}), quarter(Index<2>{}), quarter(Index<3>{})}};
  }
};

}  // namespace jupiter::cpu

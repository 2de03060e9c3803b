// exp(x) in f32: the one definition that softmax and SiLU use.
#pragma once

#include "kernels/cpu/inline.h"

namespace jupiter::cpu {

// n = round(x / ln 2), r = x - n ln 2 in two steps, Taylor polynomial of degree 7 (its remainder is
// below 0.1 ulp for |r| <= ln(2)/2), times 2^n. Within 2 ulp for -87 <= x < 88; 0 below, infinity
// from 88 on, NaN for NaN.
template <class V>
JUPITER_INLINE typename V::F Exp(typename V::F x) {
  using F = typename V::F;
  const F lowest = V::Set(-87.0f), highest = V::Set(88.0f);
  const F clamped = V::Min(highest, V::Max(lowest, x));
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
  const F shifter = V::Set(0x1.8p23f);
  const F shifted = V::Fma(clamped, V::Set(0x1.715476p0f), shifter);
  const F minus_n = V::Sub(shifter, shifted);
  F r = V::Fma(minus_n, V::Set(0x1.62e43p-1f), clamped);
  r = V::Fma(minus_n, V::Set(-0x1.05c61p-29f), r);
  F power = V::Set(1.0f / 5040);
  power = V::Fma(power, r, V::Set(1.0f / 720));
  power = V::Fma(power, r, V::Set(1.0f / 120));
  power = V::Fma(power, r, V::Set(1.0f / 24));
  power = V::Fma(power, r, V::Set(1.0f / 6));
  power = V::Fma(power, r, V::Set(0.5f));
  power = V::Fma(power, r, V::Set(1.0f));
  power = V::Fma(power, r, V::Set(1.0f));
  const F scale = V::FromBits(V::AddI(V::ShiftLeft23(V::Bits(shifted)), V::SetI(127 << 23)));
  const F overflow = V::ZeroBelow(x, highest, V::Set(__builtin_inff()));
  return V::Add(V::ZeroBelow(x, lowest, V::Mul(power, scale)), overflow);
}

}  // namespace jupiter::cpu

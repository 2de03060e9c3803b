// Kernels over one row: RmsNorm, quantisation, SwiGLU, terms of softmax, f16 conversion.
//
// Sums run over 16 fixed lanes (lane = column mod 16), then the fixed tree V::Sum.
#pragma once

#include "kernels/cpu/exp_kernel.h"
#include "kernels/cpu/kernel_table.h"

namespace jupiter::cpu {

template <class V>
struct RowKernels {
  using F = typename V::F;
  using I = typename V::I;

  static void RmsNorm(const float* x, const float* weight, std::int64_t n, float epsilon,
                      float* out) {
    F squares = V::Zero();
    std::int64_t i = 0;
    for (; i + 16 <= n; i += 16) squares = V::Fma(V::Load(x + i), V::Load(x + i), squares);
    const int rest = static_cast<int>(n - i);
    if (rest > 0) {
      const F part = V::LoadPart(x + i, rest, 0);
      squares = V::Fma(part, part, squares);
    }
    const float mean = V::Sum(squares) / static_cast<float>(n);
    const F factor = V::Set(1.0f / __builtin_sqrtf(mean + epsilon));
    for (i = 0; i + 16 <= n; i += 16) {
      V::Store(out + i, V::Mul(V::Mul(V::Load(x + i), factor), V::Load(weight + i)));
    }
    if (rest > 0) {
      const F part = V::Mul(V::LoadPart(x + i, rest, 0), factor);
      V::StorePart(out + i, V::Mul(part, V::LoadPart(weight + i, rest, 0)), rest);
    }
  }

  static void Quantise(const float* x, std::int64_t n, std::int8_t* q, float* scales,
                       std::int32_t* sums) {
    for (std::int64_t block = 0; block < n / 32; ++block) {
      QuantiseBlock(x + 32 * block, q + 32 * block, scales + block, sums + block);
    }
  }

  static void SwiGlu(const float* gate, const float* up, std::int64_t n, float* out) {
    std::int64_t i = 0;
    for (; i + 16 <= n; i += 16) V::Store(out + i, Gate(V::Load(gate + i), V::Load(up + i)));
    const int rest = static_cast<int>(n - i);
    if (rest > 0) {
      const F part = Gate(V::LoadPart(gate + i, rest, 0), V::LoadPart(up + i, rest, 0));
      V::StorePart(out + i, part, rest);
    }
  }

  // Of runs of 1024 columns, then combined in ascending order.
  static SoftmaxTerms AllSoftmaxTerms(const float* x, std::int64_t n) {
    constexpr std::int64_t kRun = 1024;
    SoftmaxTerms all = TermsOfRun(x, n < kRun ? n : kRun);
    for (std::int64_t i = kRun; i < n; i += kRun) {
      all = Combine(all, TermsOfRun(x + i, n - i < kRun ? n - i : kRun));
    }
    return all;
  }

  static void ToHalf(const float* x, std::int64_t n, Half* out) { Convert(x, n, out); }

  static void FromHalf(const Half* x, std::int64_t n, float* out) { Convert(x, n, out); }

 private:
  template <typename From, typename To>
  static JUPITER_INLINE void Convert(const From* x, std::int64_t n, To* out) {
    std::int64_t i = 0;
    for (; i + 16 <= n; i += 16) V::Store(out + i, V::Load(x + i));
    const int rest = static_cast<int>(n - i);
    if (rest > 0) V::StorePart(out + i, V::LoadPart(x + i, rest, 0), rest);
  }

  // What is taken away before exp: -infinity would make NaN of itself.
  static JUPITER_INLINE F Reference(float maximum) {
    return V::Set(maximum == -__builtin_inff() ? 0.0f : maximum);
  }

  static JUPITER_INLINE SoftmaxTerms TermsOfRun(const float* x, std::int64_t n) {
    const float lowest = -__builtin_inff();
    F max = V::Set(lowest);
    std::int64_t i = 0;
    for (; i + 16 <= n; i += 16) max = V::Max(max, V::Load(x + i));
    const int rest = static_cast<int>(n - i);
    if (rest > 0) max = V::Max(max, V::LoadPart(x + i, rest, lowest));
    const float maximum = V::MaxLane(max);
    const F top = Reference(maximum);
    F total = V::Zero();
    for (i = 0; i + 16 <= n; i += 16) {
      total = V::Add(total, Exp<V>(V::Sub(V::Load(x + i), top)));
    }
    if (rest > 0) total = V::Add(total, Exp<V>(V::Sub(V::LoadPart(x + i, rest, lowest), top)));
    return {maximum, V::Sum(total)};
  }

  static JUPITER_INLINE SoftmaxTerms Combine(SoftmaxTerms a, SoftmaxTerms b) {
    const float maximum = a.maximum > b.maximum ? a.maximum : b.maximum;
    const F top = Reference(maximum);
    const F first = V::Mul(V::Set(a.sum), Exp<V>(V::Sub(V::Set(a.maximum), top)));
    const F second = V::Mul(V::Set(b.sum), Exp<V>(V::Sub(V::Set(b.maximum), top)));
    float sums[16];
    V::Store(sums, V::Add(first, second));
    return {maximum, sums[0]};
  }

  static JUPITER_INLINE F Gate(F gate, F up) {
    const F one = V::Set(1.0f);
    const F exp = Exp<V>(V::Sub(V::Zero(), gate));
    return V::Mul(V::Div(gate, V::Add(one, exp)), up);
  }

  // The largest magnitude is found on the bit patterns, whose order is that of the numbers with NaN
  // above infinity. A block that is not finite gets a NaN scale; one whose scale would be subnormal
  // (so that 1 / scale overflows) counts as zero.
  static JUPITER_INLINE void QuantiseBlock(const float* x, std::int8_t* q, float* scale,
                                           std::int32_t* sum) {
    constexpr std::int32_t kInfinityBits = 0x7f800000;
    const F low = V::Load(x), high = V::Load(x + 16);
    const std::int32_t max_bits = V::MaxLaneI(V::MaxI(V::AbsBits(low), V::AbsBits(high)));
    float max;
    __builtin_memcpy(&max, &max_bits, sizeof max);
    *scale = max_bits >= kInfinityBits ? __builtin_nanf("") : max / 127.0f;
    if (!(*scale >= 0x1p-126f)) {
      if (max_bits < kInfinityBits) *scale = 0;
      V::StoreI8(q, V::SetI(0));
      V::StoreI8(q + 16, V::SetI(0));
      *sum = 0;
      return;
    }
    const F inverse = V::Set(1.0f / *scale);
    const I q_low = V::Round(V::Mul(low, inverse)), q_high = V::Round(V::Mul(high, inverse));
    V::StoreI8(q, q_low);
    V::StoreI8(q + 16, q_high);
    *sum = V::SumI(V::AddI(q_low, q_high));
  }
};

}  // namespace jupiter::cpu

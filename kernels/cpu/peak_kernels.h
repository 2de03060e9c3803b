// The most arithmetic that an instruction set gives: operations on registers, in as many chains as
// a register tile has sums, so that no result is waited for. Nothing is stored, no scale applied.
//
// No op computes with these: benchmarks compare ops with them.
#pragma once

#include <cstdint>

#include "kernels/cpu/inline.h"
#include "kernels/cpu/tiling.h"

namespace jupiter::cpu {

template <class V>
struct PeakKernels {
  using F = typename V::F;
  using I = typename V::I;

  // acc = fma(a, b, acc) in f32. `sink` [16] takes the result, so that the compiler keeps it all.
  // Returns the operations done: an fma of 16 lanes counts 32.
  static std::int64_t Fma(const float* operands, std::int64_t rounds, float* sink) {
    constexpr int kChains = V::kDense.rows * V::kDense.groups;
    F acc[kChains];
    // Chains that begin alike would be one to the compiler.
    Unroll<kChains>([&](auto c)
                        JUPITER_LAMBDA { acc[c.value] = V::Set(static_cast<float>(c.value)); });
    for (std::int64_t round = 0; round < rounds; ++round) {
      LoadAgain();
      const F a = V::Load(operands);
      const F b = V::Load(operands + 16);
      Unroll<kChains>([&](auto c) JUPITER_LAMBDA { acc[c.value] = V::Fma(a, b, acc[c.value]); });
    }
    F sum = V::Zero();
    Unroll<kChains>([&](auto c) JUPITER_LAMBDA { sum = V::Add(sum, acc[c.value]); });
    V::Store(sink, sum);
    return rounds * kChains * 16 * 2;
  }

  // The byte dot that products with weights of 4 bits are made of (the fastest form of each set):
  // 64 products and sums of int8 into 16 int32. `weights` [64], `x` [16]. A dot counts 128.
  static std::int64_t Dot(const std::uint8_t* weights, const std::int8_t* x, std::int64_t rounds,
                          std::int32_t* sink) {
    constexpr int kChains = V::kQuant.rows * V::kQuant.groups;
    I acc[kChains];
    Unroll<kChains>([&](auto c) JUPITER_LAMBDA { acc[c.value] = V::SetI(c.value); });
    for (std::int64_t round = 0; round < rounds; ++round) {
      LoadAgain();
      const typename V::B w = V::LoadB(weights);
      const typename V::X four = V::LoadX(x);
      Unroll<kChains>([&](auto c) JUPITER_LAMBDA {
        acc[c.value] = V::template Dot<kOffset, 0>(acc[c.value], w, four);
      });
    }
    I sum = V::SetI(0);
    Unroll<kChains>([&](auto c) JUPITER_LAMBDA { sum = V::AddI(sum, acc[c.value]); });
    *sink = V::SumI(sum);
    return rounds * kChains * 64 * 2;
  }

 private:
  static constexpr int kOffset = 8;  // of weights of 4 bits, see vec_portable.h

  // The compiler may not take memory for unchanged, or it would work out integer sums beforehand.
  static JUPITER_INLINE void LoadAgain() { asm volatile("" ::: "memory"); }
};

}  // namespace jupiter::cpu

// How the kernels read packed weights (gpu_weight.h).
//
// Groups of 32 rows (output features) are interleaved: a lane is a feature, and a warp's load of 16
// bytes per lane is 512 consecutive bytes.
//   dense      [group][vector][32] of 16 bytes: 4 (f32) or 8 (f16, bf16) columns; the last one zero
//              beyond the columns
//   quantised  [group][block of 32 columns][vector][32] of 16 bytes. q4: one vector, byte i holds
//              column i (low nibble) and 16 + i. q8_0, q6_K: two vectors of signed bytes. Then the
//              scales, [group][block][32] of Format::Scale.
#pragma once

#include "kernels/cuda/ops/order.cuh"

namespace JUPITER_GPU_NAMESPACE {

// Two numbers of a feature's block: scale and minimum (q4_K), the scales of both halves (q6_K).
struct alignas(8) TwoScales {
  float first, second;
};

// acc = fma(a, b, acc)
struct alignas(8) Term {
  float a, b;
};

// A block of an act8 row.
struct Act8Block {
  unsigned q[8];  // 4 columns each
  float scale;
  int sum;
};

__device__ __forceinline__ Act8Block ReadAct8(const std::uint8_t* row, int columns, int block) {
  const uint4* q = reinterpret_cast<const uint4*>(row + 32 * block);
  const uint4 low = q[0], high = q[1];
  const auto* scales = reinterpret_cast<const float*>(row + columns);
  const auto* sums = reinterpret_cast<const int*>(row + columns + columns / 8);
  return {{low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w}, scales[block], sums[block]};
}

// The four products of words of signed bytes, added to sum.
__device__ __forceinline__ int DotOf(const uint4& w, const unsigned* x, int sum) {
  sum = __dp4a(static_cast<int>(w.x), static_cast<int>(x[0]), sum);
  sum = __dp4a(static_cast<int>(w.y), static_cast<int>(x[1]), sum);
  sum = __dp4a(static_cast<int>(w.z), static_cast<int>(x[2]), sum);
  return __dp4a(static_cast<int>(w.w), static_cast<int>(x[3]), sum);
}

__device__ __forceinline__ uint4 LowNibbles(const uint4& w) {
  constexpr unsigned kMask = 0x0f0f0f0fu;
  return {w.x & kMask, w.y & kMask, w.z & kMask, w.w & kMask};
}

__device__ __forceinline__ uint4 HighNibbles(const uint4& w) {
  return LowNibbles({w.x >> 4, w.y >> 4, w.z >> 4, w.w >> 4});
}

__device__ __forceinline__ int NibbleDot(const uint4& w, const Act8Block& x, int sum) {
  return DotOf(HighNibbles(w), x.q + 4, DotOf(LowNibbles(w), x.q, sum));
}

__device__ __forceinline__ Term TermOf(int dot, float weight_scale, float x_scale) {
  return {__int2float_rn(dot), __fmul_rn(weight_scale, x_scale)};
}

__device__ __forceinline__ int NibbleOf(std::uint8_t byte, int i) {
  return i < 16 ? byte & 15 : byte >> 4;
}

// Per format: the terms of a block in their order, and the value of column i of 32, whose byte is
// given.
struct Q8_0 {
  using Scale = std::uint16_t;               // f16
  static constexpr bool kNeedsSums = false;  // of the act8 integers
  static constexpr int kVectors = 2;
  static constexpr int kTerms = 1;
  static __device__ __forceinline__ void Terms(const uint4 (&w)[2], Scale scale, const Act8Block& x,
                                               Term (&terms)[1]) {
    terms[0] = TermOf(DotOf(w[1], x.q + 4, DotOf(w[0], x.q, 0)), FromHalf(scale), x.scale);
  }
  static __device__ __forceinline__ float Value(std::uint8_t byte, Scale scale, int) {
    return __fmul_rn(FromHalf(scale), __int2float_rn(static_cast<std::int8_t>(byte)));
  }
};

struct Q4_0 {
  using Scale = std::uint16_t;              // f16
  static constexpr bool kNeedsSums = true;  // of the act8 integers
  static constexpr int kVectors = 1;
  static constexpr int kTerms = 1;
  static constexpr int kOffset = 8;  // of the stored nibbles
  static __device__ __forceinline__ void Terms(const uint4 (&w)[1], Scale scale, const Act8Block& x,
                                               Term (&terms)[1]) {
    terms[0] = TermOf(NibbleDot(w[0], x, -kOffset * x.sum), FromHalf(scale), x.scale);
  }
  static __device__ __forceinline__ float Value(std::uint8_t byte, Scale scale, int i) {
    return __fmul_rn(FromHalf(scale), __int2float_rn(NibbleOf(byte, i) - kOffset));
  }
};

struct Q4_K {
  using Scale = TwoScales;                  // and minimum
  static constexpr bool kNeedsSums = true;  // of the act8 integers
  static constexpr int kVectors = 1;
  static constexpr int kTerms = 2;
  static __device__ __forceinline__ void Terms(const uint4 (&w)[1], const Scale& scale,
                                               const Act8Block& x, Term (&terms)[2]) {
    terms[0] = TermOf(NibbleDot(w[0], x, 0), scale.first, x.scale);
    terms[1] = {scale.second, -__fmul_rn(x.scale, __int2float_rn(x.sum))};
  }
  static __device__ __forceinline__ float Value(std::uint8_t byte, const Scale& scale, int i) {
    return __fmaf_rn(scale.first, __int2float_rn(NibbleOf(byte, i)), -scale.second);
  }
};

struct Q6_K {
  using Scale = TwoScales;                   // of both halves
  static constexpr bool kNeedsSums = false;  // of the act8 integers
  static constexpr int kVectors = 2;
  static constexpr int kTerms = 2;
  static __device__ __forceinline__ void Terms(const uint4 (&w)[2], const Scale& scale,
                                               const Act8Block& x, Term (&terms)[2]) {
    terms[0] = TermOf(DotOf(w[0], x.q, 0), scale.first, x.scale);
    terms[1] = TermOf(DotOf(w[1], x.q + 4, 0), scale.second, x.scale);
  }
  static __device__ __forceinline__ float Value(std::uint8_t byte, const Scale& scale, int i) {
    return __fmul_rn(i < 16 ? scale.first : scale.second,
                     __int2float_rn(static_cast<std::int8_t>(byte)));
  }
};

// A feature's vectors and scale of one block.
template <class Format>
struct PackedBlock {
  uint4 vectors[Format::kVectors];
  typename Format::Scale scale;
};

template <class Format>
__device__ __forceinline__ PackedBlock<Format> ReadPacked(const GpuMatrix& w, int group, int block,
                                                          int lane) {
  const std::int64_t at = std::int64_t{group} * (w.columns / 32) + block;
  PackedBlock<Format> result;
  const uint4* vectors = reinterpret_cast<const uint4*>(w.weights) + at * Format::kVectors * kWarp;
#pragma unroll
  for (int v = 0; v < Format::kVectors; ++v) result.vectors[v] = __ldg(vectors + v * kWarp + lane);
  result.scale = reinterpret_cast<const typename Format::Scale*>(w.scales)[at * kWarp + lane];
  return result;
}

// Elements of dense weights, as f32.
struct F32 {
  using Stored = float;
  static __device__ __forceinline__ float Value(float x) { return x; }
};
struct F16 {
  using Stored = std::uint16_t;
  static __device__ __forceinline__ float Value(std::uint16_t bits) { return FromHalf(bits); }
};
struct BF16 {
  using Stored = std::uint16_t;
  static __device__ __forceinline__ float Value(std::uint16_t bits) {
    return __uint_as_float(unsigned{bits} << 16);
  }
};

template <class Dense>
struct DenseVector {
  static constexpr int kColumns = 16 / static_cast<int>(sizeof(typename Dense::Stored));
  alignas(16) typename Dense::Stored values[kColumns];
};

template <class Dense>
__device__ __forceinline__ const DenseVector<Dense>* DenseVectors(const GpuMatrix& w, int group) {
  constexpr int kColumns = DenseVector<Dense>::kColumns;
  const int vectors = (w.columns + kColumns - 1) / kColumns;
  return reinterpret_cast<const DenseVector<Dense>*>(w.weights) +
         std::int64_t{group} * vectors * kWarp;
}

// Weights of products are read once: as one load of 16 bytes.
template <class Dense>
__device__ __forceinline__ DenseVector<Dense> ReadVector(const DenseVector<Dense>* at) {
  const uint4 words = __ldg(reinterpret_cast<const uint4*>(at));
  DenseVector<Dense> vector;
  memcpy(&vector, &words, sizeof vector);
  return vector;
}

template <class Dense>
__device__ __forceinline__ float DenseElement(const GpuMatrix& w, int row, int column) {
  constexpr int kColumns = DenseVector<Dense>::kColumns;
  const auto* vectors = DenseVectors<Dense>(w, row / kWarp);
  return Dense::Value(vectors[column / kColumns * kWarp + row % kWarp].values[column % kColumns]);
}

template <class Format>
__device__ __forceinline__ float QuantElement(const GpuMatrix& w, int row, int column) {
  const int i = column % 32, lane = row % kWarp, vector = Format::kVectors == 1 ? 0 : i / 16;
  const std::int64_t at = std::int64_t{row / kWarp} * (w.columns / 32) + column / 32;
  const std::int64_t place = (at * Format::kVectors + vector) * kWarp + lane;
  const auto* scales = reinterpret_cast<const typename Format::Scale*>(w.scales);
  return Format::Value(w.weights[16 * place + i % 16], scales[at * kWarp + lane], i);
}

// One element of a weight in f32.
__device__ __forceinline__ float Element(const GpuMatrix& w, int row, int column) {
  switch (w.type) {
    case GpuWeightType::kF32: return DenseElement<F32>(w, row, column);
    case GpuWeightType::kF16: return DenseElement<F16>(w, row, column);
    case GpuWeightType::kBF16: return DenseElement<BF16>(w, row, column);
    case GpuWeightType::kQ8_0: return QuantElement<Q8_0>(w, row, column);
    case GpuWeightType::kQ4_0: return QuantElement<Q4_0>(w, row, column);
    case GpuWeightType::kQ4_K: return QuantElement<Q4_K>(w, row, column);
    case GpuWeightType::kQ6_K: return QuantElement<Q6_K>(w, row, column);
  }
  return 0;
}

}  // namespace JUPITER_GPU_NAMESPACE

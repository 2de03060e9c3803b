// CUDA's words for the host compiler, under their own names: what the kernels here use, no more.
//
// Arithmetic gives the GPU's bits: IEEE 754 binary32, to nearest, subnormals kept; whoever includes
// this is compiled with -ffp-contract=off. Sources: CUDA C++ Programming Guide (language
// extensions, warp shuffle functions), CUDA Math API (intrinsics), PTX ISA (mma fragments).
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/cuda/sim/grid.h"

#define __global__ inline
#define __device__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)

using dim3 = jupiter::sim::Dim3;

inline const dim3& threadIdx = jupiter::sim::place.thread;
inline const dim3& blockIdx = jupiter::sim::place.block;
inline const dim3& blockDim = jupiter::sim::place.block_dim;
inline const dim3& gridDim = jupiter::sim::place.grid_dim;

struct alignas(16) int4 {
  int x, y, z, w;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(8) float2 {
  float x, y;
};

inline void __syncthreads(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  jupiter::sim::SyncBlock({file, line});
}

inline void __syncwarp(unsigned mask = 0xffffffffu, const char* file = __builtin_FILE(),
                       int line = __builtin_LINE()) {
  jupiter::sim::SyncWarp(mask, {file, line}, nullptr, 0);
}

namespace jupiter::sim {

template <typename T>
T Shuffle(unsigned mask, T value, unsigned source, const Site& site) {
  static_assert(sizeof(T) <= kLaneBytes && std::is_trivially_copyable_v<T>);
  if ((mask >> source & 1) == 0) Fail("shuffle from a lane that the mask leaves out", site);
  const Shown& shown = SyncWarp(mask, site, &value, sizeof value);
  std::memcpy(&value, shown.of_lane[source], sizeof value);
  return value;
}

}  // namespace jupiter::sim

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int bits, const char* file = __builtin_FILE(),
                  int line = __builtin_LINE()) {
  const unsigned source = jupiter::sim::LaneIndex() ^ static_cast<unsigned>(bits);
  return jupiter::sim::Shuffle(mask, value, source % 32, {file, line});
}

inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return std::sqrt(a); }
inline float __int2float_rn(int a) { return static_cast<float>(a); }
inline float __int_as_float(int a) { return std::bit_cast<float>(a); }
inline float __uint_as_float(unsigned a) { return std::bit_cast<float>(a); }
inline unsigned __float_as_uint(float a) { return std::bit_cast<unsigned>(a); }

// Four products of signed bytes, added to c.
inline int __dp4a(int a, int b, int c) {
  for (int i = 0; i < 4; ++i) {
    c += static_cast<std::int8_t>(a >> 8 * i) * static_cast<std::int8_t>(b >> 8 * i);
  }
  return c;
}

template <typename T>
T __ldg(const T* p) {
  return *p;
}

// Products with f32, f16 and bf16 weights.
//
// Lanes are 16 output features; each output is a chain of fma over ascending columns per part of
// the columns (sum_parts.h), starting from 0. Per column a tile of R rows and G groups does R * G
// fma on G weight vectors and R broadcast activations.
#pragma once

#include "kernels/cpu/linear_tiles.h"

namespace jupiter::cpu {

template <class V, typename T>
struct DenseKernel {
  static constexpr Tiling kTiling = V::kDense;

  // Weights: [group][column][16] of T.
  template <int rows, int groups>
  static void Run(const LinearTile& tile, std::int64_t row, std::int64_t group) {
    using F = typename V::F;
    const float* x[rows];
    Unroll<rows>([&](auto r) JUPITER_LAMBDA {
      x[r.value] = reinterpret_cast<const float*>(tile.x + (row + r.value) * tile.x_row_bytes);
    });
    const T* weights = reinterpret_cast<const T*>(tile.weights) + group * tile.columns * 16;
    SumParts<V, rows, groups>(
        tile, row, group,
        [&](std::int64_t begin, std::int64_t end, F(&sum)[rows][groups]) JUPITER_LAMBDA {
          for (std::int64_t k = begin; k < end; ++k) {
            F w[groups];
            Unroll<groups>([&](auto g) JUPITER_LAMBDA {
              w[g.value] = V::Load(weights + (g.value * tile.columns + k) * 16);
            });
            Unroll<rows>([&](auto r) JUPITER_LAMBDA {
              const F value = V::Set(x[r.value][k]);
              Unroll<groups>([&](auto g) JUPITER_LAMBDA {
                sum[r.value][g.value] = V::Fma(value, w[g.value], sum[r.value][g.value]);
              });
            });
          }
        });
  }
};

}  // namespace jupiter::cpu

// Products of act8 activations with quantised weights.
//
// Lanes are 16 output features. Each block of 32 columns gives an exact integer dot product per
// output, which joins the f32 sum by one fma with the product of both scales, in ascending order of
// blocks (q6_K: of half blocks; q4_K: then one fma for the minimum). Per block and output 8 byte
// dots of 4, one conversion, one multiplication and one fma.
#pragma once

#include "kernels/cpu/linear_tiles.h"
#include "kernels/cpu/quant_formats.h"

namespace jupiter::cpu {

// One act8 row, see dtype.h.
struct Act8Row {
  const std::int8_t* q;
  const float* scales;
  const std::int32_t* sums;
};

template <class V, class Format>
struct QuantKernel {
  using F = typename V::F;
  using I = typename V::I;
  using B = typename V::B;
  static constexpr Tiling kTiling = V::kQuant;
  // Sums of a block: of all its columns, or one for each half.
  static constexpr int kDots = Format::kScales;
  static constexpr bool kCorrected =
      Format::kOffset != 0 && V::template kStoredDot<Format::kOffset>;

  template <int rows, int groups>
  static void Run(const LinearTile& tile, std::int64_t row, std::int64_t group) {
    const std::int64_t blocks = tile.columns / 32;
    Act8Row x[rows];
    Unroll<rows>([&](auto r) JUPITER_LAMBDA { x[r.value] = RowOf(tile, row + r.value); });
    const auto* weights =
        reinterpret_cast<const std::uint8_t*>(tile.weights) + group * blocks * Format::kWeightBytes;
    const std::byte* scales = tile.scales + group * blocks * Format::kScaleBytes;
    Prefetch<V> prefetch(tile, row, group, rows, groups, blocks);
    SumParts<V, rows, groups>(
        tile, row, group,
        [&](std::int64_t begin, std::int64_t end, F(&sum)[rows][groups]) JUPITER_LAMBDA {
          for (std::int64_t block = begin / 32; block < end / 32; ++block) {
            prefetch.Step();
            I dot[kDots][rows][groups];
            MultiplyBlock<rows, groups>(x, block, weights + block * Format::kWeightBytes,
                                        blocks * Format::kWeightBytes, dot);
            AddBlock<rows, groups>(x, block, scales + block * Format::kScaleBytes,
                                   blocks * Format::kScaleBytes, dot, sum);
          }
        });
  }

 private:
  static JUPITER_INLINE Act8Row RowOf(const LinearTile& tile, std::int64_t row) {
    const std::byte* data = tile.x + row * tile.x_row_bytes;
    const std::byte* scales = data + tile.columns;
    return {reinterpret_cast<const std::int8_t*>(data), reinterpret_cast<const float*>(scales),
            reinterpret_cast<const std::int32_t*>(scales + tile.columns / 32 * 4)};
  }

  // Where the sum of dot `part` of a block starts, so that the offset of the stored weights
  // cancels.
  template <int part>
  static JUPITER_INLINE I StartOf(const Act8Row& x, std::int64_t block) {
    if constexpr (!kCorrected) return V::SetI(0);
    if constexpr (kDots == 1) {
      return V::SetI(-Format::kOffset * x.sums[block]);
    } else {
      // act8 has no sums of half blocks: a product with constant weights gives them in every lane.
      const B constant = V::SetB(Format::kOffset);
      const typename V::X half = V::LoadX(x.q + 32 * block + 16 * part);
      I sum = V::SetI(0);
      Unroll<4>([&](auto s) JUPITER_LAMBDA {
        sum = V::template Dot<Format::kOffset, s.value>(sum, constant, half);
      });
      return V::SubI(V::SetI(0), sum);
    }
  }

  template <int rows, int groups>
  static JUPITER_INLINE void MultiplyBlock(const Act8Row* x, std::int64_t block,
                                           const std::uint8_t* weights, std::int64_t group_stride,
                                           I (&dot)[kDots][rows][groups]) {
    typename V::X first_half[rows], second_half[rows];
    Unroll<rows>([&](auto r) JUPITER_LAMBDA {
      first_half[r.value] = V::LoadX(x[r.value].q + 32 * block);
      second_half[r.value] = V::LoadX(x[r.value].q + 32 * block + 16);
      Unroll<kDots>([&](auto part) JUPITER_LAMBDA {
        const I start = StartOf<part.value>(x[r.value], block);
        Unroll<groups>([&](auto g) JUPITER_LAMBDA { dot[part.value][r.value][g.value] = start; });
      });
    });
    Unroll<4>([&](auto s) JUPITER_LAMBDA {
      Unroll<groups>([&](auto g) JUPITER_LAMBDA {
        B first, second;
        Format::template LoadStep<V, s.value>(weights + g.value * group_stride, first, second);
        Unroll<rows>([&](auto r) JUPITER_LAMBDA {
          I& low = dot[0][r.value][g.value];
          low = V::template Dot<Format::kOffset, s.value>(low, first, first_half[r.value]);
          I& high = dot[kDots - 1][r.value][g.value];
          high = V::template Dot<Format::kOffset, s.value>(high, second, second_half[r.value]);
        });
      });
    });
  }

  template <int rows, int groups>
  static JUPITER_INLINE void AddBlock(const Act8Row* x, std::int64_t block, const std::byte* scales,
                                      std::int64_t group_stride,
                                      const I (&dot)[kDots][rows][groups], F (&sum)[rows][groups]) {
    Unroll<groups>([&](auto g) JUPITER_LAMBDA {
      const auto* scale =
          reinterpret_cast<const typename Format::Scale*>(scales + g.value * group_stride);
      Unroll<kDots>([&](auto part) JUPITER_LAMBDA {
        const F weight_scale = V::Load(scale + 16 * part.value);
        Unroll<rows>([&](auto r) JUPITER_LAMBDA {
          const F both = V::Mul(weight_scale, V::Set(x[r.value].scales[block]));
          F& total = sum[r.value][g.value];
          total = V::Fma(V::ToFloat16(dot[part.value][r.value][g.value]), both, total);
        });
      });
      if constexpr (Format::kMinimums) {
        const F minimum = V::Load(scale + 16);
        Unroll<rows>([&](auto r) JUPITER_LAMBDA {
          const float block_sum = static_cast<float>(x[r.value].sums[block]);
          const F weighted = V::Set(-(x[r.value].scales[block] * block_sum));
          F& total = sum[r.value][g.value];
          total = V::Fma(minimum, weighted, total);
        });
      }
    });
  }
};

}  // namespace jupiter::cpu

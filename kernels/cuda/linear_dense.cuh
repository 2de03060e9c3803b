// Products with dense weights, in the order of the `cpu` device: chains of at most 512 columns,
// added as their parts say.
//
// A block takes 32 features, a lane each; its warps take the parts in turn, all rows of the block
// with each load of a weight. Bound by memory for few rows.
#pragma once

#include "kernels/cuda/linear_quant.cuh"
#include "kernels/cuda/linear_sums.cuh"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kDenseThreads = 256;
constexpr int kDenseWarps = kDenseThreads / kWarp;

template <int kRows>
struct DenseShared {
  WaitingSums waiting[kRows];
  float parts[2][kRows][kDenseWarps][kWarp];
};

// sums[r] = fma chain over columns [begin, end) of row first_row + r and this lane's feature. A
// part may begin within a vector.
template <class Dense, int kRows>
__device__ __forceinline__ void ChainOf(const LinearArguments& a, int begin, int end, int first_row,
                                        int rows, float (&sums)[kRows]) {
  constexpr int kColumns = DenseVector<Dense>::kColumns;
  const auto* vectors = DenseVectors<Dense>(a.weight, BlockIndex()) + LaneIndex();
#pragma unroll
  for (int r = 0; r < kRows; ++r) sums[r] = 0;
  for (int first = begin / kColumns * kColumns; first < end; first += kColumns) {
    const DenseVector<Dense> w = vectors[first / kColumns * kWarp];
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const auto* x = reinterpret_cast<const float*>(Row(a.x, first_row + r)) + first;
#pragma unroll
      for (int k = 0; k < kColumns; ++k) {
        const bool inside = r < rows && first + k >= begin && first + k < end;
        if (inside) sums[r] = __fmaf_rn(x[k], Dense::Value(w.values[k]), sums[r]);
      }
    }
  }
}

template <class Dense, int kRows>
__global__ void __launch_bounds__(kDenseThreads) LinearDenseKernel(LinearArguments a) {
  JUPITER_GPU_SHARED(DenseShared<kRows>, shared);
  const int warp = WarpIndex(), lane = LaneIndex();
  const int first_row = static_cast<int>(blockIdx.y) * kRows;
  const int rows = Least(kRows, a.rows - first_row);
  float sum = 0;
  PartPlace place;
  int buffer = 0;
  for (int first = 0; first < a.part_count; first += kDenseWarps, buffer ^= 1) {
    const int part = first + warp;
    if (part < a.part_count) {
      const int begin = part == 0 ? 0 : a.parts[part - 1].end;
      float sums[kRows];
      ChainOf<Dense, kRows>(a, begin, a.parts[part].end, first_row, rows, sums);
#pragma unroll
      for (int r = 0; r < kRows; ++r) shared.parts[buffer][r][warp][lane] = sums[r];
    }
    __syncthreads();
    if (warp >= rows) continue;
    const int count = Least(kDenseWarps, a.part_count - first);
    for (int i = 0; i < count; ++i) {
      sum = EndPart(a, shared.parts[buffer][warp][i][lane], shared.waiting[warp], place);
    }
  }
  const int feature = kWarp * BlockIndex() + lane;
  if (warp < rows && feature < a.weight.rows) WriteSum(a, first_row + warp, feature, sum);
}

template <class Dense, int kRows>
void LaunchLinearDense(const LinearArguments& a, GpuStream stream) {
  const dim3 grid(static_cast<unsigned>((a.weight.rows + kWarp - 1) / kWarp),
                  static_cast<unsigned>((a.rows + kRows - 1) / kRows));
  Launch(LinearDenseKernel<Dense, kRows>, grid, kDenseThreads, sizeof(DenseShared<kRows>), stream,
         a);
}

template <class Dense>
void LinearDense(const LinearArguments& a, GpuStream stream) {
  if (a.rows == 1) return LaunchLinearDense<Dense, 1>(a, stream);
  if (a.rows == 2) return LaunchLinearDense<Dense, 2>(a, stream);
  LaunchLinearDense<Dense, 8>(a, stream);
}

inline void Linear(const LinearArguments& a, GpuStream stream) {
  if (a.rows == 0 || a.weight.rows == 0) return;
  switch (a.weight.type) {
    case GpuWeightType::kF32: return LinearDense<F32>(a, stream);
    case GpuWeightType::kF16: return LinearDense<F16>(a, stream);
    case GpuWeightType::kBF16: return LinearDense<BF16>(a, stream);
    case GpuWeightType::kQ8_0: return LinearQuant<Q8_0>(a, stream);
    case GpuWeightType::kQ4_0: return LinearQuant<Q4_0>(a, stream);
    case GpuWeightType::kQ4_K: return LinearQuant<Q4_K>(a, stream);
    case GpuWeightType::kQ6_K: return LinearQuant<Q6_K>(a, stream);
  }
}

}  // namespace JUPITER_GPU_NAMESPACE

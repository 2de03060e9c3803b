// Instantiates all kernels for one vector type.
#pragma once

#include "kernels/cpu/attention_kernels.h"
#include "kernels/cpu/dense_kernels.h"
#include "kernels/cpu/kernel_table.h"
#include "kernels/cpu/peak_kernels.h"
#include "kernels/cpu/quant_kernels.h"
#include "kernels/cpu/row_kernels.h"

namespace jupiter::cpu {

template <class V>
constexpr KernelTable MakeTable(const char* name) {
  return {
      .name = name,
      .linear_rows = V::kQuant.rows,
      .linear_f32 = Linear<V, DenseKernel<V, float>>,
      .linear_f16 = Linear<V, DenseKernel<V, Half>>,
      .linear_bf16 = Linear<V, DenseKernel<V, BFloat>>,
      .linear_q8_0 = Linear<V, QuantKernel<V, PackedQ8_0>>,
      .linear_q4_0 = Linear<V, QuantKernel<V, PackedQ4_0>>,
      .linear_q4_k = Linear<V, QuantKernel<V, PackedQ4_K>>,
      .linear_q6_k = Linear<V, QuantKernel<V, PackedQ6_K>>,
      .attention_f32 = AttentionKernel<V, float>::Run,
      .attention_f16 = AttentionKernel<V, Half>::Run,
      .rms_norm = RowKernels<V>::RmsNorm,
      .quantise = RowKernels<V>::Quantise,
      .swiglu = RowKernels<V>::SwiGlu,
      .softmax_terms = RowKernels<V>::AllSoftmaxTerms,
      .to_half = RowKernels<V>::ToHalf,
      .from_half = RowKernels<V>::FromHalf,
      .peak_fma = PeakKernels<V>::Fma,
      .peak_dot = PeakKernels<V>::Dot,
  };
}

}  // namespace jupiter::cpu

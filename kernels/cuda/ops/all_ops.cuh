// Every kernel, and the table of them: what ops.cu and sim_ops.cc compile.
#pragma once

#include "kernels/cuda/ops/attention_exact.cuh"
#include "kernels/cuda/ops/elementwise.cuh"
#include "kernels/cuda/ops/embed.cuh"
#include "kernels/cuda/ops/kv_rows.cuh"
#include "kernels/cuda/ops/linear_dense.cuh"
#include "kernels/cuda/ops/messages.cuh"
#include "kernels/cuda/ops/rms_norm.cuh"
#include "kernels/cuda/ops/select.cuh"

namespace JUPITER_GPU_NAMESPACE {

inline GpuOps AllOps() {
  GpuOps ops;
  ops.embed = Embed;
  ops.rms_norm = RmsNorm;
  ops.quantise = Quantise;
  ops.linear = Linear;
  ops.rope = Rope;
  ops.kv_append = KvAppend;
  ops.move_rows = MoveRows;
  ops.attention = Attention;
  ops.swiglu = SwiGlu;
  ops.add = Add;
  ops.to_message = ToMessage;
  ops.from_message = FromMessage;
  ops.arg_max = ArgMax;
  ops.log_sum = LogSum;
  return ops;
}

}  // namespace JUPITER_GPU_NAMESPACE

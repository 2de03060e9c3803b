// Every kernel, and the table of them: what ops.cu and sim_ops.cc compile.
#pragma once

#include "kernels/cuda/attention_exact.cuh"
#include "kernels/cuda/elementwise.cuh"
#include "kernels/cuda/embed.cuh"
#include "kernels/cuda/kv_rows.cuh"
#include "kernels/cuda/linear_dense.cuh"
#include "kernels/cuda/messages.cuh"
#include "kernels/cuda/rms_norm.cuh"
#include "kernels/cuda/select.cuh"

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

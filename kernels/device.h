// The whole op set of one device. Model and strategy code computes through this class alone and
// never touches tensor data, so it runs unchanged on every backend.
//
// Public members check shapes and report an OpCall to the observer; backends implement the
// private Do* members and may rely on the checks. Views are row-major matrices in this device's
// memory; activations are f32, or kAct8 where `Quantise` made them. Inputs and outputs do not
// overlap unless an op says so.
//
// Numerics (kNumericsVersion): the `cpu` backend reduces every output element in one documented
// order, see kernels/cpu/README.md. Its results depend on the operands of that element only: not on
// row count, thread count, slot placement or instruction set.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/attention_paths.h"
#include "kernels/base/op_call.h"
#include "kernels/base/readiness.h"
#include "kernels/base/tensor.h"

namespace jupiter {

// Changes whenever a bit of some result of the `cpu` backend may change.
inline constexpr int kNumericsVersion = 2;

// Device::numerics of every device that keeps the contract of kernels/cpu/README.md.
inline constexpr std::string_view kContractNumerics = "cpu/cuda";

// A weight matrix in a device's own layout: `rows` output features x `columns` input features.
class Weight {
 public:
  Weight(DType dtype, std::int64_t rows, std::int64_t columns)
      : dtype_(dtype), rows_(rows), columns_(columns), whole_(rows * columns) {}
  virtual ~Weight() = default;
  DType dtype() const { return dtype_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  // What it is a share of: the matrix's place in the model, and how many elements all of it has.
  MatrixRole role() const { return role_; }
  std::int64_t whole() const { return whole_; }
  void SetOrigin(MatrixRole role, std::int64_t whole) {
    role_ = role;
    whole_ = whole;
  }
  // kAct8 for quantised weights, kF32 for dense ones.
  DType input_dtype() const { return IsQuantised(dtype_) ? DType::kAct8 : DType::kF32; }
  // Bytes this weight occupies on the device.
  virtual std::int64_t bytes() const = 0;

 private:
  DType dtype_;
  std::int64_t rows_;
  std::int64_t columns_;
  MatrixRole role_ = MatrixRole::kNone;
  std::int64_t whole_;
};

struct LinearOptions {
  const Tensor* bias = nullptr;  // f32 [1, weight rows], added to the finished sum
  bool accumulate = false;       // out += result instead of out = result, one rounding
  // Where the leaves of the weight's columns end, ascending, the last at its last column
  // (leaves.h); empty: one leaf. Quantised weights are cut at multiples of 32. The tree adds the
  // leaves' sums, then bias and accumulation follow, so a node that is not the whole tree goes
  // without these.
  std::span<const std::int64_t> leaf_ends = {};
};

// Which pairs of a head's elements the rotation turns.
enum class RopeStyle : std::uint8_t {
  kInterleaved,  // (0,1), (2,3), ...: GGUF llama, llama2.c
  kHalf,         // (0, d/2), (1, d/2+1), ...: Hugging Face, GGUF qwen2
};

struct AttentionShape {
  int heads = 0;     // query heads
  int kv_heads = 0;  // heads % kv_heads == 0; query head h reads KV head h / (heads / kv_heads)
  int head_dim = 0;
  float scale = 0;  // of the scores, normally 1 / sqrt(head_dim)
};

// What a device allocates from.
struct MemoryPool {
  std::string name;            // a card's, such as "GPU-5f0c1a2b"; empty: the host's
  std::int64_t available = 0;  // bytes that can be taken now
};

class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  // "cpu", "eigen", ...
  virtual std::string_view name() const = 0;
  // What decides the bits of its results: ranks whose devices agree in this can share a run.
  virtual std::string_view numerics() const { return name(); }
  // One line for reports: instruction set, threads.
  virtual std::string Describe() const = 0;
  virtual MemoryPool Memory() const;
  // False on a device that computes nothing: then host data need not be read before Load, and its
  // views may be null.
  virtual bool holds_data() const { return true; }
  // Bytes from one row of a tensor of this device to the next: those of its elements, and what the
  // device needs so that rows are aligned.
  virtual std::int64_t RowStride(DType dtype, std::int64_t columns) const {
    return RowBytes(dtype, columns);
  }
  // Bytes that Load would occupy for a share of this type and shape (for memory plans).
  virtual std::int64_t WeightBytes(DType dtype, std::int64_t rows, std::int64_t columns) const = 0;

  // Ops may be done later, in the order they were given. Returns when all of them are; those whose
  // result goes to the host (ArgMax, TopK, LogSumExp, Export, ReadBytes) return with it, and
  // ExportLater says when it is there.
  virtual void Finish() {}

  // Receives every op from now on, with the time until it was done; null turns reports off.
  void Observe(OpObserver* observer) { observer_ = observer; }

  // Zeroed memory of this device.
  Tensor Allocate(DType dtype, std::int64_t rows, std::int64_t columns);

  // Packs columns [column_begin, column_end) of a host matrix (any weight dtype; rows are already
  // those of the share). Throws UserError for a cut inside a block or a scale that is not finite.
  std::unique_ptr<Weight> Load(std::string_view tensor_name, const ConstTensorView& host,
                               std::int64_t column_begin, std::int64_t column_end);
  // Dense host rows (f32, f16, bf16) as an f32 tensor of this device: norm weights, biases, tables.
  Tensor LoadDense(const ConstTensorView& host);

  // out[i, :] = table[ids[i], :]                                   out f32 [ids, table columns]
  void Embed(std::span<const std::int32_t> ids, const Weight& table, TensorView out);
  // out[i, :] = x[i, :] / sqrt(mean(x[i, :]^2) + epsilon) * weight   weight [1, columns]
  void RmsNorm(ConstTensorView x, const Tensor& weight, float epsilon, TensorView out);
  // f32 rows to kAct8 rows. Blocks of 32: scale = max|x| / 127, round to nearest even.
  void Quantise(ConstTensorView x, TensorView out);
  // out = x * weight^T, see LinearOptions.
  //                                x [rows, weight columns], out f32 [rows, weight rows]
  void Linear(ConstTensorView x, const Weight& weight, TensorView out,
              const LinearOptions& options = {});
  // Rotates every head of x in place. table f32 [positions, head_dim]: cos(head_dim/2), then sin.
  void Rope(TensorView x, std::span<const std::int32_t> positions, const Tensor& table,
            RopeStyle style);
  // Writes row i of keys and values into slot slots[i], converted to the segment's dtype.
  void KvAppend(ConstTensorView keys, ConstTensorView values, const KvSegment& segment,
                std::span<const std::int32_t> slots);
  // Moves rows from[i] to to[i]; all are read before any is written.
  void KvMove(const KvSegment& segment, std::span<const std::int32_t> from,
              std::span<const std::int32_t> to);
  // Softmax attention of each query row over its path.       q, out f32 [rows, heads * head_dim]
  void Attention(ConstTensorView q, std::span<const KvSegment> segments,
                 const AttentionPaths& paths, const AttentionShape& shape, TensorView out);
  // out = gate / (1 + exp(-gate)) * up; out may be gate or up.
  void SwiGlu(ConstTensorView gate, ConstTensorView up, TensorView out);
  // y += x
  void Add(ConstTensorView x, TensorView y);
  // ids[i] = index of the largest element of row i, the first one on ties.
  void ArgMax(ConstTensorView x, std::span<std::int32_t> ids);
  // The k largest elements of each row in falling order, the smaller index first on ties.
  // ids and values: [rows * k].
  void TopK(ConstTensorView x, int k, std::span<std::int32_t> ids, std::span<float> values);
  // out[i] = log(sum(exp(x[i, :])))
  void LogSumExp(ConstTensorView x, std::span<float> out);
  // Copies f32 rows within the device.
  void Copy(ConstTensorView x, TensorView out);
  // Rounds f32 rows in place to what a message of the type would carry (f32, f16 or q8_0).
  void Round(TensorView x, DType dtype);
  // f32 rows of this device to f32, f16 or q8_0 rows in host memory (q8_0: whole blocks of 32).
  void Export(ConstTensorView x, TensorView host);
  // The same, but the rows are in host memory only when the answer is true: on a device with a
  // memory of its own they travel while later ops compute. x may change at once; `host` stays until
  // then, or until the answer is dropped. As Export while ops are observed, since they are one by
  // one.
  Readiness ExportLater(ConstTensorView x, TensorView host);
  // The reverse.
  void Import(ConstTensorView host, TensorView out);
  // The elements of any type as they lie on this device, rows back to back, in host memory. No op:
  // for tests and tools.
  std::vector<std::byte> ReadBytes(ConstTensorView x);

 private:
  virtual std::shared_ptr<std::byte> DoAllocate(std::int64_t bytes) = 0;
  virtual std::unique_ptr<Weight> DoLoad(std::string_view tensor_name, const ConstTensorView& host,
                                         std::int64_t column_begin, std::int64_t column_end) = 0;
  virtual void DoLoadDense(const ConstTensorView& host, TensorView out) = 0;
  virtual void DoEmbed(std::span<const std::int32_t> ids, const Weight& table, TensorView out) = 0;
  virtual void DoRmsNorm(ConstTensorView x, ConstTensorView weight, float epsilon,
                         TensorView out) = 0;
  virtual void DoQuantise(ConstTensorView x, TensorView out) = 0;
  virtual void DoLinear(ConstTensorView x, const Weight& weight, TensorView out,
                        const LinearOptions& options) = 0;
  virtual void DoRope(TensorView x, std::span<const std::int32_t> positions, ConstTensorView table,
                      RopeStyle style) = 0;
  virtual void DoKvAppend(ConstTensorView keys, ConstTensorView values, const KvSegment& segment,
                          std::span<const std::int32_t> slots) = 0;
  virtual void DoKvMove(const KvSegment& segment, std::span<const std::int32_t> from,
                        std::span<const std::int32_t> to) = 0;
  virtual void DoAttention(ConstTensorView q, std::span<const KvSegment> segments,
                           const AttentionPaths& paths, const AttentionShape& shape,
                           TensorView out) = 0;
  virtual void DoSwiGlu(ConstTensorView gate, ConstTensorView up, TensorView out) = 0;
  virtual void DoAdd(ConstTensorView x, TensorView y) = 0;
  virtual void DoArgMax(ConstTensorView x, std::span<std::int32_t> ids) = 0;
  virtual void DoTopK(ConstTensorView x, int k, std::span<std::int32_t> ids,
                      std::span<float> values) = 0;
  virtual void DoLogSumExp(ConstTensorView x, std::span<float> out) = 0;
  virtual void DoCopy(ConstTensorView x, TensorView out) = 0;
  // Through host memory; a backend with a memory of its own may do better.
  virtual void DoRound(TensorView x, DType dtype);
  virtual void DoExport(ConstTensorView x, TensorView host) = 0;
  virtual Readiness DoExportLater(ConstTensorView x, TensorView host);
  virtual void DoImport(ConstTensorView host, TensorView out) = 0;
  // `out`: all bytes of x's rows. Here for devices whose memory is the host's.
  virtual void DoReadBytes(ConstTensorView x, std::byte* out);

  template <typename Op>
  void Run(const OpCall& call, Op&& op);

  OpObserver* observer_ = nullptr;
};

struct DeviceOptions {
  int threads = 1;  // of this rank, the calling thread included
  // The instruction set: "avx512", "avx_vnni", "avx2", "neon_dot", "neon" or "portable"; "" takes
  // $JUPITER_ISA, or else the best of the processor.
  std::string isa;
  // Of `cuda`: the card's index; -1: a card that this build serves, ranks of a host in turn.
  int gpu = -1;
  int local_rank = 0;
};

}  // namespace jupiter

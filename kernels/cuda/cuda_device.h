// The `cuda` device: exact mode, the bits of the `cpu` device. On a card, or on the simulated GPU.
//
// Ops are put into one stream and return; ArgMax, TopK, LogSumExp and Export return when their
// result is in host memory. What ExportLater sends there travels in a second stream. Its views
// point to device memory: only its ops may look at them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernels/cuda/late_downloads.h"
#include "kernels/cuda/ops/ops.h"
#include "kernels/cuda/upload_ring.h"
#include "kernels/device.h"
#include "kernels/gpu_runtime.h"

namespace jupiter {

class CudaDevice : public Device {
 public:
  // `description`: one line for reports, such as the card's name.
  CudaDevice(std::shared_ptr<GpuRuntime> runtime, const GpuOps& ops, std::string description);
  ~CudaDevice() override;

  std::string_view name() const override { return "cuda"; }
  std::string_view numerics() const override { return kContractNumerics; }
  std::string Describe() const override { return description_; }
  std::int64_t RowStride(DType dtype, std::int64_t columns) const override;
  std::int64_t WeightBytes(DType dtype, std::int64_t rows, std::int64_t columns) const override;
  MemoryPool Memory() const override {
    return {runtime_->MemoryName(), runtime_->AvailableMemory()};
  }
  void Finish() override;

 private:
  std::shared_ptr<std::byte> DoAllocate(std::int64_t bytes) override;
  std::unique_ptr<Weight> DoLoad(std::string_view tensor_name, const ConstTensorView& host,
                                 std::int64_t column_begin, std::int64_t column_end) override;
  void DoLoadDense(const ConstTensorView& host, TensorView out) override;
  void DoEmbed(std::span<const std::int32_t> ids, const Weight& table, TensorView out) override;
  void DoRmsNorm(ConstTensorView x, ConstTensorView weight, float epsilon, TensorView out) override;
  void DoQuantise(ConstTensorView x, TensorView out) override;
  void DoLinear(ConstTensorView x, const Weight& weight, TensorView out,
                const LinearOptions& options) override;
  void DoRope(TensorView x, std::span<const std::int32_t> positions, ConstTensorView table,
              RopeStyle style) override;
  void DoKvAppend(ConstTensorView keys, ConstTensorView values, const KvSegment& segment,
                  std::span<const std::int32_t> slots) override;
  void DoKvMove(const KvSegment& segment, std::span<const std::int32_t> from,
                std::span<const std::int32_t> to) override;
  void DoAttention(ConstTensorView q, std::span<const KvSegment> segments,
                   const AttentionPaths& paths, const AttentionShape& shape,
                   TensorView out) override;
  void DoSwiGlu(ConstTensorView gate, ConstTensorView up, TensorView out) override;
  void DoAdd(ConstTensorView x, TensorView y) override;
  void DoArgMax(ConstTensorView x, std::span<std::int32_t> ids) override;
  void DoTopK(ConstTensorView x, int k, std::span<std::int32_t> ids,
              std::span<float> values) override;
  void DoLogSumExp(ConstTensorView x, std::span<float> out) override;
  void DoCopy(ConstTensorView x, TensorView out) override;
  void DoRound(TensorView x, DType dtype) override;
  void DoExport(ConstTensorView x, TensorView host) override;
  Readiness DoExportLater(ConstTensorView x, TensorView host) override;
  void DoImport(ConstTensorView host, TensorView out) override;
  void DoReadBytes(ConstTensorView x, std::byte* out) override;

  // Of products of one shape: uploaded once.
  struct PartsOnDevice {
    const GpuSumPart* data = nullptr;
    int count = 0;
    std::shared_ptr<std::byte> memory;
  };
  PartsOnDevice PartsFor(const Weight& weight, std::span<const std::int64_t> leaf_ends);

  void SetSegments(std::span<const KvSegment> segments, AttentionArguments& arguments);
  // Puts attention into the stream by as many rows as scratch holds.
  void AttentionByRows(AttentionArguments arguments, const ConstTensorView& q,
                       const TensorView& out);

  // Rows as a message has them, written by the device, to device memory.
  void Encode(const ConstTensorView& x, DType dtype, std::byte* to);
  // Host rows on the device, back to back; good as long as UploadRing says.
  const std::byte* UploadRows(const ConstTensorView& host);
  // Memory of an op; the next op of the stream may use it again.
  std::byte* Scratch(std::int64_t bytes);
  // The device's bytes in pinned memory, once the stream got there; good until the next call.
  const std::byte* Download(const void* from, std::int64_t bytes);

  std::shared_ptr<GpuRuntime> runtime_;
  const GpuOps& ops_;
  std::string description_;
  bool matrix_units_;
  GpuStream stream_;
  UploadRing uploads_;
  LateDownloads downloads_;
  // What the layers of a model have in common.
  KeptUpload positions_;
  KeptUpload slots_;
  KeptUpload paths_;
  // By the ends of the leaves, and whether the weight is quantised.
  std::map<std::vector<std::int64_t>, PartsOnDevice> parts_;
  std::shared_ptr<std::byte> scratch_;
  std::int64_t scratch_bytes_ = 0;
  std::byte* pinned_ = nullptr;
  std::int64_t pinned_bytes_ = 0;
};

}  // namespace jupiter

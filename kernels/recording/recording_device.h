// The op set that computes nothing: every op is checked and reported to the observer like those of
// any device, and that is all.
//
// Its memory is address space that nobody may touch, so a model of any size fits, and code that
// looks at data which does not exist ends at once instead of computing nonsense.
#pragma once

#include "kernels/device.h"

namespace jupiter {

class RecordingDevice : public Device {
 public:
  std::string_view name() const override { return "recording"; }
  std::string Describe() const override { return "recording, computes nothing"; }
  bool holds_data() const override { return false; }
  // As files hold it.
  std::int64_t WeightBytes(DType dtype, std::int64_t rows, std::int64_t columns) const override;

 private:
  std::shared_ptr<std::byte> DoAllocate(std::int64_t bytes) override;
  std::unique_ptr<Weight> DoLoad(std::string_view tensor_name, const ConstTensorView& host,
                                 std::int64_t column_begin, std::int64_t column_end) override;
  void DoLoadDense(const ConstTensorView&, TensorView) override {}
  void DoEmbed(std::span<const std::int32_t>, const Weight&, TensorView) override {}
  void DoRmsNorm(ConstTensorView, ConstTensorView, float, TensorView) override {}
  void DoQuantise(ConstTensorView, TensorView) override {}
  void DoLinear(ConstTensorView, const Weight&, TensorView, const LinearOptions&) override {}
  void DoRope(TensorView, std::span<const std::int32_t>, ConstTensorView, RopeStyle) override {}
  void DoKvAppend(ConstTensorView, ConstTensorView, const KvSegment&,
                  std::span<const std::int32_t>) override {}
  void DoKvMove(const KvSegment&, std::span<const std::int32_t>,
                std::span<const std::int32_t>) override {}
  void DoAttention(ConstTensorView, std::span<const KvSegment>, const AttentionPaths&,
                   const AttentionShape&, TensorView) override {}
  void DoSwiGlu(ConstTensorView, ConstTensorView, TensorView) override {}
  void DoAdd(ConstTensorView, TensorView) override {}
  // What would be read back is zero.
  void DoArgMax(ConstTensorView, std::span<std::int32_t> ids) override;
  void DoTopK(ConstTensorView, int, std::span<std::int32_t> ids, std::span<float> values) override;
  void DoLogSumExp(ConstTensorView, std::span<float> out) override;
  void DoCopy(ConstTensorView, TensorView) override {}
  void DoRound(TensorView, DType) override {}
  void DoExport(ConstTensorView, TensorView) override {}
  void DoImport(ConstTensorView, TensorView) override {}
  void DoReadBytes(ConstTensorView, std::byte*) override {}
};

}  // namespace jupiter

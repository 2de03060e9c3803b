// The ops that collectives use, in plain code: a device that tests of messages can rely on without
// any backend. The other ops CHECK.
#pragma once

#include "kernels/device.h"

namespace jupiter {

class CollectiveDevice : public Device {
 public:
  std::string_view name() const override { return "host"; }
  std::string Describe() const override { return "plain code for tests"; }
  std::int64_t WeightBytes(DType, std::int64_t, std::int64_t) const override;

 private:
  std::shared_ptr<std::byte> DoAllocate(std::int64_t bytes) override;
  std::unique_ptr<Weight> DoLoad(std::string_view, const ConstTensorView&, std::int64_t,
                                 std::int64_t) override;
  void DoLoadDense(const ConstTensorView&, TensorView) override;
  void DoEmbed(std::span<const std::int32_t>, const Weight&, TensorView) override;
  void DoRmsNorm(ConstTensorView, ConstTensorView, float, TensorView) override;
  void DoQuantise(ConstTensorView, TensorView) override;
  void DoLinear(ConstTensorView, const Weight&, TensorView, const LinearOptions&) override;
  void DoRope(TensorView, std::span<const std::int32_t>, ConstTensorView, RopeStyle) override;
  void DoKvAppend(ConstTensorView, ConstTensorView, const KvSegment&,
                  std::span<const std::int32_t>) override;
  void DoKvMove(const KvSegment&, std::span<const std::int32_t>,
                std::span<const std::int32_t>) override;
  void DoAttention(ConstTensorView, std::span<const KvSegment>, const AttentionPaths&,
                   const AttentionShape&, TensorView) override;
  void DoSwiGlu(ConstTensorView, ConstTensorView, TensorView) override;
  void DoAdd(ConstTensorView x, TensorView y) override;
  void DoArgMax(ConstTensorView, std::span<std::int32_t>) override;
  void DoTopK(ConstTensorView, int, std::span<std::int32_t>, std::span<float>) override;
  void DoLogSumExp(ConstTensorView, std::span<float>) override;
  void DoCopy(ConstTensorView x, TensorView out) override;
  void DoExport(ConstTensorView x, TensorView host) override;
  void DoImport(ConstTensorView host, TensorView out) override;
};

}  // namespace jupiter

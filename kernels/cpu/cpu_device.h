// The `cpu` device: hand-written kernels with the numerics of kernels/cpu/README.md.
#pragma once

#include <memory>
#include <vector>

#include "kernels/cpu/kernel_table.h"
#include "kernels/cpu/thread_pool.h"
#include "kernels/host_device.h"

namespace jupiter::cpu {

class CpuDevice : public HostDevice {
 public:
  // Throws UserError for an instruction set that is not available, or a bad number of threads.
  explicit CpuDevice(const DeviceOptions& options);

  std::string_view name() const override { return "cpu"; }
  std::string_view numerics() const override { return kContractNumerics; }
  std::string Describe() const override;
  std::int64_t WeightBytes(DType dtype, std::int64_t rows, std::int64_t columns) const override;

 private:
  std::unique_ptr<Weight> DoLoad(std::string_view tensor_name, const ConstTensorView& host,
                                 std::int64_t column_begin, std::int64_t column_end) override;
  void DoEmbed(std::span<const std::int32_t> ids, const Weight& table, TensorView out) override;
  void DoRmsNorm(ConstTensorView x, ConstTensorView weight, float epsilon, TensorView out) override;
  void DoQuantise(ConstTensorView x, TensorView out) override;
  void DoLinear(ConstTensorView x, const Weight& weight, TensorView out,
                const LinearOptions& options) override;
  void DoRope(TensorView x, std::span<const std::int32_t> positions, ConstTensorView table,
              RopeStyle style) override;
  void DoKvAppend(ConstTensorView keys, ConstTensorView values, const KvSegment& segment,
                  std::span<const std::int32_t> slots) override;
  void DoAttention(ConstTensorView q, std::span<const KvSegment> segments,
                   const AttentionPaths& paths, const AttentionShape& shape,
                   TensorView out) override;
  void DoSwiGlu(ConstTensorView gate, ConstTensorView up, TensorView out) override;
  void DoAdd(ConstTensorView x, TensorView y) override;
  void DoArgMax(ConstTensorView x, std::span<std::int32_t> ids) override;
  void DoTopK(ConstTensorView x, int k, std::span<std::int32_t> ids,
              std::span<float> values) override;
  void DoLogSumExp(ConstTensorView x, std::span<float> out) override;
  void DoExport(ConstTensorView x, TensorView host) override;
  void DoImport(ConstTensorView host, TensorView out) override;

  // Aligned floats of thread `thread`, valid until the next call with more.
  void ReserveScratch(std::int64_t floats);

  const KernelTable& kernels_;
  ThreadPool pool_;
  std::vector<std::shared_ptr<std::byte>> scratch_;  // [threads]
  std::int64_t scratch_floats_ = 0;
};

}  // namespace jupiter::cpu

#include "bench/measure/faulty_device.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// Memory of the inner device as a tensor that this call borrows.
Tensor Borrow(ConstTensorView view) {
  const std::shared_ptr<std::byte> alias(std::shared_ptr<std::byte>(),
                                         const_cast<std::byte*>(view.data));
  return Tensor(alias, view.dtype, view.rows, view.columns, view.row_bytes);
}

class FaultyDevice : public Device {
 public:
  FaultyDevice(std::unique_ptr<Device> inner, Fault fault)
      : inner_(std::move(inner)), fault_(fault) {}

  std::string_view name() const override { return inner_->name(); }
  std::string_view numerics() const override { return inner_->numerics(); }
  std::string Describe() const override { return inner_->Describe() + ", with a fault on purpose"; }
  std::int64_t WeightBytes(DType dtype, std::int64_t rows, std::int64_t columns) const override {
    return inner_->WeightBytes(dtype, rows, columns);
  }
  std::int64_t RowStride(DType dtype, std::int64_t columns) const override {
    return inner_->RowStride(dtype, columns);
  }

 private:
  // True once, for the fault this device has.
  bool Happens(Fault fault) {
    if (fault_ != fault) return false;
    fault_ = Fault::kNone;
    return true;
  }

  std::shared_ptr<std::byte> DoAllocate(std::int64_t bytes) override {
    const auto owner = std::make_shared<Tensor>(inner_->Allocate(DType::kF32, 1, (bytes + 3) / 4));
    return {owner, owner->view().data};
  }
  std::unique_ptr<Weight> DoLoad(std::string_view tensor_name, const ConstTensorView& host,
                                 std::int64_t column_begin, std::int64_t column_end) override {
    return inner_->Load(tensor_name, host, column_begin, column_end);
  }
  void DoLoadDense(const ConstTensorView& host, TensorView out) override {
    const Tensor loaded = inner_->LoadDense(host);
    inner_->Copy(loaded.view(), out);
  }
  void DoEmbed(std::span<const std::int32_t> ids, const Weight& table, TensorView out) override {
    inner_->Embed(ids, table, out);
  }
  void DoRmsNorm(ConstTensorView x, ConstTensorView weight, float epsilon,
                 TensorView out) override {
    // The norm that came first in one batch comes first in every batch.
    if (first_norm_ == nullptr) first_norm_ = weight.data;
    if (weight.data == first_norm_) ++batches_;
    inner_->RmsNorm(x, Borrow(weight), epsilon, out);
  }
  void DoQuantise(ConstTensorView x, TensorView out) override { inner_->Quantise(x, out); }
  void DoLinear(ConstTensorView x, const Weight& weight, TensorView out,
                const LinearOptions& options) override {
    inner_->Linear(x, weight, out, options);
    // The third product of a layer makes values, which every later token reads. A fault in the
    // query of the first token would not be seen: that one attends to itself alone, whatever its
    // query.
    if (++products_ == 3 && Happens(Fault::kScale)) ScaleLastRow(out);
  }
  void DoRope(TensorView x, std::span<const std::int32_t> positions, ConstTensorView table,
              RopeStyle style) override {
    inner_->Rope(x, positions, Borrow(table), style);
  }
  void DoKvAppend(ConstTensorView keys, ConstTensorView values, const KvSegment& segment,
                  std::span<const std::int32_t> slots) override {
    if (fault_ == Fault::kSlice && batches_ == 1) return;
    inner_->KvAppend(keys, values, segment, slots);
  }
  void DoKvMove(const KvSegment& segment, std::span<const std::int32_t> from,
                std::span<const std::int32_t> to) override {
    inner_->KvMove(segment, from, to);
  }
  void DoAttention(ConstTensorView q, std::span<const KvSegment> segments,
                   const AttentionPaths& paths, const AttentionShape& shape,
                   TensorView out) override {
    const bool can = paths.rows() > 0 && paths.Length(paths.rows() - 1) > 1;
    const bool wrong = can && Happens(Fault::kMask);
    inner_->Attention(q, segments, wrong ? WithoutFirstOfLastRow(paths) : paths, shape, out);
  }
  void DoSwiGlu(ConstTensorView gate, ConstTensorView up, TensorView out) override {
    inner_->SwiGlu(gate, up, out);
  }
  void DoAdd(ConstTensorView x, TensorView y) override { inner_->Add(x, y); }
  void DoArgMax(ConstTensorView x, std::span<std::int32_t> ids) override { inner_->ArgMax(x, ids); }
  void DoTopK(ConstTensorView x, int k, std::span<std::int32_t> ids,
              std::span<float> values) override {
    inner_->TopK(x, k, ids, values);
  }
  void DoLogSumExp(ConstTensorView x, std::span<float> out) override { inner_->LogSumExp(x, out); }
  void DoCopy(ConstTensorView x, TensorView out) override { inner_->Copy(x, out); }
  void DoRound(TensorView x, DType dtype) override { inner_->Round(x, dtype); }
  void DoExport(ConstTensorView x, TensorView host) override { inner_->Export(x, host); }
  void DoImport(ConstTensorView host, TensorView out) override { inner_->Import(host, out); }
  void DoReadBytes(ConstTensorView x, std::byte* out) override {
    const std::vector<std::byte> bytes = inner_->ReadBytes(x);
    std::copy(bytes.begin(), bytes.end(), out);
  }

  void ScaleLastRow(TensorView out) {
    const TensorView last = out.Rows(out.rows - 1, 1);
    std::vector<float> row(static_cast<std::size_t>(out.columns));
    const TensorView host = HostView(row.data(), 1, out.columns);
    inner_->Export(last, host);
    for (float& value : row) value *= 1.01f;
    inner_->Import(host, last);
  }

  static AttentionPaths WithoutFirstOfLastRow(const AttentionPaths& paths) {
    AttentionPaths changed;
    for (std::int64_t row = 0; row < paths.rows(); ++row) {
      changed.StartRow();
      bool drop = row + 1 == paths.rows();
      for (KvRun run : paths.Row(row)) {
        if (std::exchange(drop, false)) {
          ++run.begin;
          --run.count;
        }
        changed.Append(run);
      }
    }
    return changed;
  }

  std::unique_ptr<Device> inner_;
  Fault fault_;
  int products_ = 0;
  const std::byte* first_norm_ = nullptr;
  int batches_ = 0;
};

}  // namespace

Fault ParseFault(const std::string& text) {
  if (text.empty()) return Fault::kNone;
  if (text == "mask") return Fault::kMask;
  if (text == "slice") return Fault::kSlice;
  if (text == "scale") return Fault::kScale;
  FailUser("--inject-fault {}: expected mask, slice or scale", text);
}

std::unique_ptr<Device> MakeFaultyDevice(std::unique_ptr<Device> inner, Fault fault) {
  return std::make_unique<FaultyDevice>(std::move(inner), fault);
}

}  // namespace jupiter

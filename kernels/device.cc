#include "kernels/device.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "kernels/leaves.h"
#include "kernels/memory.h"

namespace jupiter {
namespace {

// A matrix as error messages show it.
std::string ShowMatrix(const ConstTensorView& x) {
  return fmt::format("{} [{}, {}]", Name(x.dtype), x.rows, x.columns);
}

void CheckShape(const ConstTensorView& x, DType dtype, std::int64_t rows, std::int64_t columns) {
  JUPITER_CHECK(x.dtype == dtype && x.rows == rows && x.columns == columns,
                "got {}, expected {} [{}, {}]", ShowMatrix(x), Name(dtype), rows, columns);
}

void CheckLeaves(std::span<const std::int64_t> ends, const Weight& weight) {
  if (ends.empty()) return;
  JUPITER_CHECK(std::ssize(ends) <= kMaxLeaves && ends.back() == weight.columns(),
                "{} leaves end at {} of {} columns", ends.size(), ends.back(), weight.columns());
  std::int64_t begin = 0;
  for (std::int64_t end : ends) {
    JUPITER_CHECK(end > begin && end % CutColumns(weight.dtype()) == 0,
                  "a leaf of columns {}-{} of {} weights", begin, end, Name(weight.dtype()));
    begin = end;
  }
}

std::int64_t Bytes(const ConstTensorView& x) { return x.rows * RowBytes(x.dtype, x.columns); }

}  // namespace

template <typename Op>
void Device::Run(const OpCall& call, Op&& op) {
  if (observer_ == nullptr) {
    op();
    return;
  }
  OpCall measured = call;
  Finish();
  const double start = Now();
  op();
  Finish();
  measured.seconds = Now() - start;
  observer_->OnOp(measured, start);
}

MemoryPool Device::Memory() const { return {"", AvailableHostMemory()}; }

Tensor Device::Allocate(DType dtype, std::int64_t rows, std::int64_t columns) {
  const std::int64_t stride = RowStride(dtype, columns);
  return Tensor(DoAllocate(rows * stride), dtype, rows, columns, stride);
}

std::unique_ptr<Weight> Device::Load(std::string_view tensor_name, const ConstTensorView& host,
                                     std::int64_t column_begin, std::int64_t column_end) {
  CheckShard(tensor_name, host.dtype, host.rows, host.columns,
             {0, host.rows, column_begin, column_end});
  return DoLoad(tensor_name, host, column_begin, column_end);
}

Tensor Device::LoadDense(const ConstTensorView& host) {
  JUPITER_CHECK(!IsQuantised(host.dtype), "{}", ShowMatrix(host));
  Tensor tensor = Allocate(DType::kF32, host.rows, host.columns);
  DoLoadDense(host, tensor.view());
  return tensor;
}

void Device::Embed(std::span<const std::int32_t> ids, const Weight& table, TensorView out) {
  CheckShape(out, DType::kF32, std::ssize(ids), table.columns());
  for (std::int32_t id : ids) {
    JUPITER_CHECK(id >= 0 && id < table.rows(), "id {} of {}", id, table.rows());
  }
  Run({.kind = OpKind::kEmbed,
       .weight = table.dtype(),
       .rows = out.rows,
       .outer = out.columns,
       .bytes = Bytes(out) + MatrixBytes(table.dtype(), out.rows, table.columns()),
       .role = table.role(),
       .whole = table.whole()},
      [&] { DoEmbed(ids, table, out); });
}

void Device::RmsNorm(ConstTensorView x, const Tensor& weight, float epsilon, TensorView out) {
  CheckShape(weight.view(), DType::kF32, 1, x.columns);
  CheckShape(x, DType::kF32, x.rows, x.columns);
  CheckShape(out, DType::kF32, x.rows, x.columns);
  Run({.kind = OpKind::kRmsNorm,
       .rows = x.rows,
       .inner = x.columns,
       .outer = x.columns,
       .bytes = Bytes(x) + Bytes(out) + weight.bytes(),
       .operations = 4 * x.rows * x.columns},
      [&] { DoRmsNorm(x, weight.view(), epsilon, out); });
}

void Device::Quantise(ConstTensorView x, TensorView out) {
  CheckShape(x, DType::kF32, x.rows, x.columns);
  CheckShape(out, DType::kAct8, x.rows, x.columns);
  Run({.kind = OpKind::kQuantise,
       .rows = x.rows,
       .inner = x.columns,
       .outer = x.columns,
       .bytes = Bytes(x) + Bytes(out),
       .operations = 3 * x.rows * x.columns},
      [&] { DoQuantise(x, out); });
}

void Device::Linear(ConstTensorView x, const Weight& weight, TensorView out,
                    const LinearOptions& options) {
  CheckShape(x, weight.input_dtype(), x.rows, weight.columns());
  CheckShape(out, DType::kF32, x.rows, weight.rows());
  if (options.bias != nullptr) CheckShape(options.bias->view(), DType::kF32, 1, weight.rows());
  CheckLeaves(options.leaf_ends, weight);
  Run({.kind = OpKind::kLinear,
       .weight = weight.dtype(),
       .input = x.dtype,
       .rows = x.rows,
       .inner = weight.columns(),
       .outer = weight.rows(),
       .bytes = weight.bytes() + Bytes(x) + Bytes(out) * (options.accumulate ? 2 : 1),
       .operations = 2 * x.rows * weight.rows() * weight.columns(),
       // With a tied head, a product with the embedding table is the head's.
       .role = weight.role() == MatrixRole::kEmbedding ? MatrixRole::kHead : weight.role(),
       .whole = weight.whole()},
      [&] { DoLinear(x, weight, out, options); });
}

void Device::Rope(TensorView x, std::span<const std::int32_t> positions, const Tensor& table,
                  RopeStyle style) {
  CheckShape(x, DType::kF32, std::ssize(positions), x.columns);
  JUPITER_CHECK(table.columns() % 2 == 0 && x.columns % table.columns() == 0);
  for (std::int32_t position : positions) {
    JUPITER_CHECK(position >= 0 && position < table.rows(), "position {} of {}", position,
                  table.rows());
  }
  Run({.kind = OpKind::kRope,
       .rows = x.rows,
       .inner = table.columns(),
       .outer = x.columns,
       .bytes = 2 * Bytes(x),
       .operations = 3 * x.rows * x.columns},
      [&] { DoRope(x, positions, table.view(), style); });
}

void Device::KvAppend(ConstTensorView keys, ConstTensorView values, const KvSegment& segment,
                      std::span<const std::int32_t> slots) {
  CheckShape(keys, DType::kF32, std::ssize(slots), segment.keys.columns);
  CheckShape(values, DType::kF32, std::ssize(slots), segment.values.columns);
  for (std::int32_t slot : slots) {
    JUPITER_CHECK(slot >= 0 && slot < segment.keys.rows, "slot {} of {}", slot, segment.keys.rows);
  }
  Run({.kind = OpKind::kKvAppend,
       .weight = segment.keys.dtype,
       .rows = keys.rows,
       .outer = keys.columns,
       .bytes = 2 * (Bytes(keys) + keys.rows * RowBytes(segment.keys.dtype, keys.columns))},
      [&] { DoKvAppend(keys, values, segment, slots); });
}

void Device::KvMove(const KvSegment& segment, std::span<const std::int32_t> from,
                    std::span<const std::int32_t> to) {
  JUPITER_CHECK(from.size() == to.size());
  for (std::span<const std::int32_t> slots : {from, to}) {
    for (std::int32_t slot : slots) {
      JUPITER_CHECK(slot >= 0 && slot < segment.keys.rows, "slot {} of {}", slot,
                    segment.keys.rows);
    }
  }
  const std::int64_t rows = std::ssize(from);
  Run({.kind = OpKind::kKvMove,
       .weight = segment.keys.dtype,
       .rows = rows,
       .outer = segment.keys.columns,
       .bytes = 4 * rows * RowBytes(segment.keys.dtype, segment.keys.columns)},
      [&] { DoKvMove(segment, from, to); });
}

void Device::Attention(ConstTensorView q, std::span<const KvSegment> segments,
                       const AttentionPaths& paths, const AttentionShape& shape, TensorView out) {
  const std::int64_t width = std::int64_t{shape.heads} * shape.head_dim;
  const std::int64_t kv_width = std::int64_t{shape.kv_heads} * shape.head_dim;
  CheckShape(q, DType::kF32, paths.rows(), width);
  CheckShape(out, DType::kF32, paths.rows(), width);
  JUPITER_CHECK(!segments.empty() && shape.kv_heads > 0 && shape.heads % shape.kv_heads == 0);
  for (const KvSegment& segment : segments) {
    CheckShape(segment.keys, segments[0].keys.dtype, segment.keys.rows, kv_width);
    CheckShape(segment.values, segments[0].keys.dtype, segment.keys.rows, kv_width);
  }
  for (std::int64_t row = 0; row < paths.rows(); ++row) {
    JUPITER_CHECK(!paths.Row(row).empty(), "row {} attends to nothing", row);
    for (const KvRun& run : paths.Row(row)) {
      JUPITER_CHECK(run.segment >= 0 && run.segment < std::ssize(segments) &&
                        run.begin + run.count <= segments[run.segment].keys.rows,
                    "row {}: run of segment {} at {}+{}", row, run.segment, run.begin, run.count);
    }
  }
  const std::int64_t context = paths.TotalLength();
  Run({.kind = OpKind::kAttention,
       .weight = segments[0].keys.dtype,
       .rows = q.rows,
       .inner = kv_width,
       .outer = width,
       .context = context,
       .bytes = Bytes(q) + Bytes(out) + 2 * context * RowBytes(segments[0].keys.dtype, kv_width),
       .operations = 4 * context * width},
      [&] { DoAttention(q, segments, paths, shape, out); });
}

void Device::SwiGlu(ConstTensorView gate, ConstTensorView up, TensorView out) {
  CheckShape(gate, DType::kF32, gate.rows, gate.columns);
  CheckShape(up, DType::kF32, gate.rows, gate.columns);
  CheckShape(out, DType::kF32, gate.rows, gate.columns);
  Run({.kind = OpKind::kSwiGlu,
       .rows = gate.rows,
       .inner = gate.columns,
       .outer = gate.columns,
       .bytes = 3 * Bytes(gate),
       .operations = 4 * gate.rows * gate.columns},
      [&] { DoSwiGlu(gate, up, out); });
}

void Device::Add(ConstTensorView x, TensorView y) {
  CheckShape(x, DType::kF32, x.rows, x.columns);
  CheckShape(y, DType::kF32, x.rows, x.columns);
  Run({.kind = OpKind::kAdd,
       .rows = x.rows,
       .inner = x.columns,
       .outer = x.columns,
       .bytes = 3 * Bytes(x),
       .operations = x.rows * x.columns},
      [&] { DoAdd(x, y); });
}

void Device::ArgMax(ConstTensorView x, std::span<std::int32_t> ids) {
  CheckShape(x, DType::kF32, std::ssize(ids), x.columns);
  JUPITER_CHECK(x.columns > 0);
  Run({.kind = OpKind::kArgMax,
       .rows = x.rows,
       .inner = x.columns,
       .outer = 1,
       .bytes = Bytes(x),
       .operations = x.rows * x.columns},
      [&] { DoArgMax(x, ids); });
}

void Device::TopK(ConstTensorView x, int k, std::span<std::int32_t> ids, std::span<float> values) {
  CheckShape(x, DType::kF32, x.rows, x.columns);
  JUPITER_CHECK(
      k > 0 && k <= x.columns && std::ssize(ids) == x.rows * k && ids.size() == values.size(),
      "k {} of {}", k, x.columns);
  Run({.kind = OpKind::kTopK,
       .rows = x.rows,
       .inner = x.columns,
       .outer = k,
       .bytes = Bytes(x),
       .operations = x.rows * x.columns},
      [&] { DoTopK(x, k, ids, values); });
}

void Device::LogSumExp(ConstTensorView x, std::span<float> out) {
  CheckShape(x, DType::kF32, std::ssize(out), x.columns);
  JUPITER_CHECK(x.columns > 0);
  Run({.kind = OpKind::kLogSumExp,
       .rows = x.rows,
       .inner = x.columns,
       .outer = 1,
       .bytes = Bytes(x),
       .operations = 3 * x.rows * x.columns},
      [&] { DoLogSumExp(x, out); });
}

void Device::Copy(ConstTensorView x, TensorView out) {
  CheckShape(x, DType::kF32, x.rows, x.columns);
  CheckShape(out, DType::kF32, x.rows, x.columns);
  Run({.kind = OpKind::kCopy, .rows = x.rows, .outer = x.columns, .bytes = 2 * Bytes(x)},
      [&] { DoCopy(x, out); });
}

void Device::Round(TensorView x, DType dtype) {
  CheckShape(x, DType::kF32, x.rows, x.columns);
  if (dtype == DType::kF32) return;
  Run({.kind = OpKind::kRound,
       .input = dtype,
       .rows = x.rows,
       .outer = x.columns,
       .bytes = 2 * Bytes(x)},
      [&] { DoRound(x, dtype); });
}

void Device::DoRound(TensorView x, DType dtype) {
  const std::int64_t row_bytes = RowBytes(dtype, x.columns);
  std::vector<std::byte> host(static_cast<std::size_t>(x.rows * row_bytes));
  const TensorView message{host.data(), dtype, x.rows, x.columns, row_bytes};
  DoExport(x, message);
  DoImport(message, x);
}

void Device::Export(ConstTensorView x, TensorView host) {
  CheckShape(x, DType::kF32, x.rows, x.columns);
  CheckShape(host, host.dtype, x.rows, x.columns);
  Run({.kind = OpKind::kExport,
       .input = host.dtype,
       .rows = x.rows,
       .outer = x.columns,
       .bytes = Bytes(x) + Bytes(host)},
      [&] { DoExport(x, host); });
}

Readiness Device::ExportLater(ConstTensorView x, TensorView host) {
  if (observer_ != nullptr) {
    Export(x, host);
    return {};
  }
  CheckShape(x, DType::kF32, x.rows, x.columns);
  CheckShape(host, host.dtype, x.rows, x.columns);
  return DoExportLater(x, host);
}

Readiness Device::DoExportLater(ConstTensorView x, TensorView host) {
  DoExport(x, host);
  return {};
}

void Device::Import(ConstTensorView host, TensorView out) {
  CheckShape(host, host.dtype, out.rows, out.columns);
  CheckShape(out, DType::kF32, out.rows, out.columns);
  Run({.kind = OpKind::kImport,
       .input = host.dtype,
       .rows = out.rows,
       .outer = out.columns,
       .bytes = Bytes(host) + Bytes(out)},
      [&] { DoImport(host, out); });
}

std::vector<std::byte> Device::ReadBytes(ConstTensorView x) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(Bytes(x)));
  DoReadBytes(x, bytes.data());
  return bytes;
}

void Device::DoReadBytes(ConstTensorView x, std::byte* out) {
  const auto row_bytes = static_cast<std::size_t>(RowBytes(x.dtype, x.columns));
  for (std::int64_t row = 0; row < x.rows; ++row, out += row_bytes) {
    std::memcpy(out, x.Row<std::byte>(row), row_bytes);
  }
}

}  // namespace jupiter

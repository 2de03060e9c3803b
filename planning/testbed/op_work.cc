#include "planning/testbed/op_work.h"

#include "kernels/base/check.h"

namespace jupiter {
namespace {

double BytesPerElement(DType dtype) {
  return static_cast<double>(BlockBytes(dtype)) / BlockColumns(dtype);
}

}  // namespace

OpWork OpWorkOf(const OpCall& op, double inner, double outer) {
  const auto rows = static_cast<double>(op.rows);
  const auto context = static_cast<double>(op.context);
  const double f32 = 4;
  const double weight = BytesPerElement(op.weight);
  const double input = BytesPerElement(op.input);
  switch (op.kind) {
    case OpKind::kEmbed: return {0, rows * outer * (f32 + weight)};
    case OpKind::kRmsNorm: return {4 * rows * inner, (2 * rows + 1) * inner * f32};
    case OpKind::kQuantise:
      return {3 * rows * inner, rows * inner * (f32 + BytesPerElement(DType::kAct8))};
    case OpKind::kLinear:
      return {2 * rows * inner * outer,
              inner * outer * weight + rows * (inner * input + outer * f32)};
    case OpKind::kRope: return {3 * rows * outer, 2 * rows * outer * f32};
    case OpKind::kKvAppend: return {0, 2 * rows * outer * (f32 + weight)};
    case OpKind::kKvMove: return {0, 4 * rows * outer * weight};
    case OpKind::kAttention:
      return {4 * context * outer, 2 * rows * outer * f32 + 2 * context * inner * weight};
    case OpKind::kSwiGlu: return {4 * rows * inner, 3 * rows * inner * f32};
    case OpKind::kAdd: return {rows * inner, 3 * rows * inner * f32};
    case OpKind::kArgMax:
    case OpKind::kTopK: return {rows * inner, rows * inner * f32};
    case OpKind::kLogSumExp: return {3 * rows * inner, rows * inner * f32};
    case OpKind::kCopy:
    case OpKind::kRound: return {0, 2 * rows * outer * f32};
    case OpKind::kExport:
    case OpKind::kImport: return {0, rows * outer * (f32 + input)};
  }
  JUPITER_FAIL("op kind {}", static_cast<int>(op.kind));
}

}  // namespace jupiter

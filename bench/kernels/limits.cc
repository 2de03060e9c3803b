#include "bench/kernels/limits.h"

#include <algorithm>
#include <limits>

#include "bench/profile/layers_to_measure.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

bool MostlyReads(OpKind kind) {
  switch (kind) {
    case OpKind::kLinear:
    case OpKind::kAttention:
    case OpKind::kArgMax:
    case OpKind::kTopK:
    case OpKind::kLogSumExp: return true;
    case OpKind::kEmbed:
    case OpKind::kRmsNorm:
    case OpKind::kQuantise:
    case OpKind::kRope:
    case OpKind::kKvAppend:
    case OpKind::kKvMove:
    case OpKind::kSwiGlu:
    case OpKind::kAdd:
    case OpKind::kCopy:
    case OpKind::kRound:
    case OpKind::kExport:
    case OpKind::kImport: return false;
  }
  JUPITER_FAIL("op kind {}", static_cast<int>(kind));
}

}  // namespace

std::string_view Name(Bound bound) { return bound == Bound::kBandwidth ? "bandwidth" : "compute"; }

LimitShare ShareOfLimit(const OpCall& call, double seconds, const MachineLimits& limits) {
  const auto bytes = static_cast<double>(call.bytes);
  const auto operations = static_cast<double>(call.operations);
  const bool is_int8 = call.kind == OpKind::kLinear && call.input == DType::kAct8;
  const double traffic = bytes / (MostlyReads(call.kind) ? limits.read_bytes : limits.copied_bytes);
  const double arithmetic = operations / (is_int8 ? limits.int8_operations : limits.f32_operations);
  LimitShare share;
  share.bytes_per_second = bytes / seconds;
  share.operations_per_second = operations / seconds;
  share.bound = arithmetic > traffic ? Bound::kCompute : Bound::kBandwidth;
  share.percent = 100 * std::max(arithmetic, traffic) / seconds;
  return share;
}

OpCall WithSharedContext(const OpCall& call, std::int64_t positions) {
  JUPITER_CHECK(call.kind == OpKind::kAttention && positions > 0 && positions <= call.context);
  const std::int64_t row_bytes = RowBytes(call.weight, call.inner);  // keys or values
  OpCall shared = call;
  shared.bytes -= 2 * (call.context - positions) * row_bytes;
  return shared;
}

int CopiesBeyondCache(std::int64_t bytes, std::int64_t cache_bytes) {
  if (bytes > 2 * cache_bytes) return 1;
  return LayersToMeasure(std::numeric_limits<int>::max(), bytes, 2 * cache_bytes);
}

}  // namespace jupiter

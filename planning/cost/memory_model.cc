#include "planning/cost/memory_model.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/check.h"
#include "planning/plan/obstacle.h"
#include "planning/plan/strategy_traits.h"

namespace jupiter {
namespace {

std::int64_t F32Bytes(std::int64_t count) { return RowBytes(DType::kF32, count); }

std::int64_t Act8(std::int64_t width) {
  return width % BlockColumns(DType::kAct8) == 0 ? RowBytes(DType::kAct8, width) : 0;
}

std::int64_t Stored(DType dtype, std::int64_t rows, std::int64_t columns) {
  return rows * columns == 0 ? 0 : StoredBytes(dtype, rows, columns);
}

// Residual and normed rows, q, attended, k, v, gate, up; quantised copies of normed, attended and
// gate.
std::int64_t WorkspaceBytes(const ModelConfig& config, const ShareWidths& widths,
                            std::int64_t rows) {
  const std::int64_t dense =
      2 * (std::int64_t{config.hidden} + widths.queries + widths.keys + widths.columns);
  return rows *
         (F32Bytes(dense) + Act8(config.hidden) + Act8(widths.queries) + Act8(widths.columns));
}

std::int64_t LargestBatch(const RequestShape& request) {
  return std::max(request.largest_slice, StepRows(request.drafts));
}

}  // namespace

std::int64_t AttentionBytes(const ModelShape& shape, int layer, const ShareWidths& widths) {
  const LayerTypes& types = shape.layers[static_cast<std::size_t>(layer)];
  const std::int64_t hidden = shape.config.hidden;
  const std::int64_t biases = shape.config.qkv_bias ? widths.queries + 2 * widths.keys : 0;
  return Stored(types.wq, widths.queries, hidden) + Stored(types.wk, widths.keys, hidden) +
         Stored(types.wv, widths.keys, hidden) + Stored(types.wo, hidden, widths.queries) +
         F32Bytes(biases);
}

std::int64_t MlpBytes(const ModelShape& shape, int layer, const ShareWidths& widths) {
  const LayerTypes& types = shape.layers[static_cast<std::size_t>(layer)];
  const std::int64_t hidden = shape.config.hidden;
  return Stored(types.w_gate, widths.columns, hidden) + Stored(types.w_up, widths.columns, hidden) +
         Stored(types.w_down, hidden, widths.columns);
}

std::int64_t NormBytes(const ModelShape& shape) { return F32Bytes(2 * shape.config.hidden); }

std::int64_t LayerBytes(const ModelShape& shape, int layer) {
  const ShareWidths whole = WholeWidths(shape.config);
  return AttentionBytes(shape, layer, whole) + MlpBytes(shape, layer, whole) + NormBytes(shape);
}

std::int64_t EmbeddingBytes(const ModelShape& shape) {
  return StoredBytes(shape.embedding, shape.config.vocab, shape.config.hidden);
}

std::int64_t HeadBytes(const ModelShape& shape) {
  return StoredBytes(shape.head, shape.config.vocab, shape.config.hidden) +
         F32Bytes(shape.config.hidden);
}

std::int64_t SharedHeadBytes(const ModelShape& shape) {
  return shape.config.tied_head ? EmbeddingBytes(shape) : 0;
}

std::int64_t KvBytes(const ModelShape& shape, std::int64_t positions) {
  return 2 * positions * RowBytes(shape.kv, shape.config.kv_width());
}

FixedBytes FixedBytesOf(const ModelShape& shape, DType wire, const RequestShape& request) {
  return FixedBytesOf(shape, wire, request, WholeWidths(shape.config));
}

FixedBytes FixedBytesOf(const ModelShape& shape, DType wire, const RequestShape& request,
                        const ShareWidths& widths) {
  const std::int64_t largest = LargestBatch(request);
  const std::int64_t rows = request.prompt_tokens + kMostWaitingBatches * largest;
  return {WorkspaceBytes(shape.config, widths, largest) +
              request.positions() * F32Bytes(shape.config.head_dim),
          rows * RowBytes(wire, shape.config.hidden)};
}

std::int64_t SumBytes(const ModelShape& shape, int matrices, const RequestShape& request) {
  return matrices * LargestBatch(request) * F32Bytes(shape.config.hidden);
}

std::int64_t HeadActivationBytes(const ModelShape& shape) {
  return F32Bytes(shape.config.hidden + shape.config.vocab) + Act8(shape.config.hidden);
}

namespace {

// Its share of every layer; the table on every rank, the head on the source.
MemoryNeed SharedNeed(const ModelShape& shape, const Plan& plan, const RequestShape& request,
                      int rank) {
  const ShareWidths widths = WidthsOf(shape.config, plan.shares, rank);
  MemoryNeed need;
  need.weights = EmbeddingBytes(shape);
  for (int layer = 0; layer < shape.config.layers; ++layer) {
    need.weights +=
        AttentionBytes(shape, layer, widths) + MlpBytes(shape, layer, widths) + NormBytes(shape);
  }
  need.kv = shape.config.layers * 2 * request.held_positions() * RowBytes(shape.kv, widths.keys);
  const FixedBytes fixed = FixedBytesOf(shape, plan.wire, request, widths);
  need.activations =
      fixed.activations + SumBytes(shape, FindTraits(plan.strategy).sum_matrices, request);
  need.buffers = fixed.buffers;
  if (rank != 0) return need;
  need.weights += HeadBytes(shape) - SharedHeadBytes(shape);
  need.activations += HeadActivationBytes(shape);
  need.drafts =
      DraftWeightBytes(shape, request.drafts) + DraftActivationBytes(shape, request.drafts);
  return need;
}

}  // namespace

MemoryNeed NeedOf(const ModelShape& shape, const Plan& plan, const RequestShape& request,
                  int rank) {
  if (IsShared(plan)) return SharedNeed(shape, plan, request, rank);
  const std::vector<int> ranks = PipelineRanks(plan);
  MemoryNeed need;
  if (std::find(ranks.begin(), ranks.end(), rank) == ranks.end()) return need;
  const bool source = rank == ranks.front();
  const bool head = rank == ranks.back();
  const int layers = plan.layers[static_cast<std::size_t>(rank)];
  const int first = FirstLayer(plan, rank);
  for (int layer = first; layer < first + layers; ++layer) need.weights += LayerBytes(shape, layer);
  if (source) need.weights += EmbeddingBytes(shape);
  if (head) need.weights += HeadBytes(shape);
  if (source && head) need.weights -= SharedHeadBytes(shape);
  need.kv = layers * KvBytes(shape, request.held_positions());
  const FixedBytes fixed = FixedBytesOf(shape, plan.wire, request);
  need.activations = fixed.activations + (head ? HeadActivationBytes(shape) : 0);
  if (head) {
    need.drafts =
        DraftWeightBytes(shape, request.drafts) + DraftActivationBytes(shape, request.drafts);
  }
  need.buffers = fixed.buffers;
  return need;
}

Fit FitOf(std::int64_t need, std::int64_t budget) {
  const auto error =
      static_cast<std::int64_t>(std::llround(kMemoryError * static_cast<double>(need)));
  if (need + error <= budget) return Fit::kFits;
  return need - error <= budget ? Fit::kUncertain : Fit::kOutOfMemory;
}

std::string_view Name(Fit fit) {
  switch (fit) {
    case Fit::kFits: return "fits";
    case Fit::kUncertain: return "uncertain";
    case Fit::kOutOfMemory: return "OOM";
  }
  JUPITER_FAIL("{}", static_cast<int>(fit));
}

namespace {

// Of the layers' matrices. The widest one decides what would help.
DType WidestWeight(const ModelShape& shape) {
  const auto bits = [](DType dtype) {
    return static_cast<double>(RowBytes(dtype, BlockColumns(dtype))) / BlockColumns(dtype);
  };
  DType widest = DType::kQ4_0;
  for (const LayerTypes& types : shape.layers) {
    for (DType dtype :
         {types.wq, types.wk, types.wv, types.wo, types.w_gate, types.w_up, types.w_down}) {
      if (bits(dtype) > bits(widest)) widest = dtype;
    }
  }
  return widest;
}

}  // namespace

std::string MemoryHelp(const ModelShape& shape) {
  const DType widest = WidestWeight(shape);
  if (widest == DType::kQ4_0) return kMemoryHelp;
  // Only dense weights can be rounded.
  return fmt::format("smaller weights ({}), {}", IsQuantised(widest) ? "q4_0" : "--quantize q4_0",
                     kMemoryHelp);
}

}  // namespace jupiter

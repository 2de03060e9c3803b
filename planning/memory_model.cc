#include "planning/memory_model.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

std::int64_t F32(std::int64_t count) { return RowBytes(DType::kF32, count); }

std::int64_t Act8(std::int64_t width) {
  return width % BlockColumns(DType::kAct8) == 0 ? RowBytes(DType::kAct8, width) : 0;
}

// Residual and normed rows, q, attended, k, v, gate, up; quantised copies of normed, attended and
// gate.
std::int64_t WorkspaceBytes(const ModelConfig& config, std::int64_t rows) {
  const std::int64_t widths =
      2 * (std::int64_t{config.hidden} + config.q_width() + config.kv_width() + config.ffn);
  return rows * (F32(widths) + Act8(config.hidden) + Act8(config.q_width()) + Act8(config.ffn));
}

}  // namespace

std::int64_t LayerBytes(const ModelShape& shape, int layer) {
  const ModelConfig& config = shape.config;
  const LayerTypes& types = shape.layers[static_cast<std::size_t>(layer)];
  const std::int64_t hidden = config.hidden;
  const std::int64_t biases = config.qkv_bias ? config.q_width() + 2 * config.kv_width() : 0;
  return StoredBytes(types.wq, config.q_width(), hidden) +
         StoredBytes(types.wk, config.kv_width(), hidden) +
         StoredBytes(types.wv, config.kv_width(), hidden) +
         StoredBytes(types.wo, hidden, config.q_width()) +
         StoredBytes(types.w_gate, config.ffn, hidden) +
         StoredBytes(types.w_up, config.ffn, hidden) +
         StoredBytes(types.w_down, hidden, config.ffn) + F32(2 * hidden + biases);
}

std::int64_t EmbeddingBytes(const ModelShape& shape) {
  return StoredBytes(shape.embedding, shape.config.vocab, shape.config.hidden);
}

std::int64_t HeadBytes(const ModelShape& shape) {
  return StoredBytes(shape.head, shape.config.vocab, shape.config.hidden) +
         F32(shape.config.hidden);
}

std::int64_t SharedHeadBytes(const ModelShape& shape) {
  return shape.config.tied_head ? EmbeddingBytes(shape) : 0;
}

std::int64_t KvBytes(const ModelShape& shape, std::int64_t positions) {
  return 2 * positions * RowBytes(shape.kv, shape.config.kv_width());
}

FixedBytes FixedBytesOf(const ModelShape& shape, DType wire, const RequestShape& request) {
  const std::int64_t largest = std::max(request.largest_slice, StepRows(request.drafts));
  const std::int64_t rows = request.prompt_tokens + kMostWaitingBatches * largest;
  return {WorkspaceBytes(shape.config, largest) + request.positions() * F32(shape.config.head_dim),
          rows * RowBytes(wire, shape.config.hidden)};
}

std::int64_t HeadActivationBytes(const ModelShape& shape) {
  return F32(shape.config.hidden + shape.config.vocab) + Act8(shape.config.hidden);
}

MemoryNeed NeedOf(const ModelShape& shape, const Plan& plan, const RequestShape& request,
                  int rank) {
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
  need.kv = layers * KvBytes(shape, request.positions());
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
  JUPITER_CHECK(false, "{}", static_cast<int>(fit));
}

}  // namespace jupiter

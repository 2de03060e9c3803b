// Bytes that a rank needs, by formula, and whether a device has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/config/model_shape.h"
#include "planning/cost/share_widths.h"
#include "planning/drafts/draft_heads.h"
#include "planning/plan/plan.h"

namespace jupiter {

// The largest request a plan must hold.
struct RequestShape {
  int prompt_tokens = 1;
  int tokens = 1;         // of the answer
  int largest_slice = 1;  // rows of the largest batch of the prompt
  DraftHeads drafts = {};
  std::int64_t all_positions = 0;  // of requests that run together; 0: of one
  // Positions of the longest request: rows of a draft tree wait after the others to be accepted.
  std::int64_t positions() const {
    return std::int64_t{prompt_tokens} + tokens + (drafts.any() ? drafts.tree_rows : 0);
  }
  // Keys and values held.
  std::int64_t held_positions() const { return all_positions > 0 ? all_positions : positions(); }
};

struct MemoryNeed {
  std::int64_t weights = 0;
  std::int64_t kv = 0;
  std::int64_t activations = 0;
  std::int64_t drafts = 0;   // draft heads with their rows, and logits of the tree
  std::int64_t buffers = 0;  // of messages
  std::int64_t total() const { return weights + kv + activations + drafts + buffers; }
};

// Weights of a share of one layer: q, k, v, output and biases; gate, up and down. And norms, which
// every rank has whole.
std::int64_t AttentionBytes(const ModelShape& shape, int layer, const ShareWidths& widths);
std::int64_t MlpBytes(const ModelShape& shape, int layer, const ShareWidths& widths);
std::int64_t NormBytes(const ModelShape& shape);
// Weights of one whole layer, of the embedding table and of the head with its norm.
std::int64_t LayerBytes(const ModelShape& shape, int layer);
std::int64_t EmbeddingBytes(const ModelShape& shape);
std::int64_t HeadBytes(const ModelShape& shape);
// Of the table that embedding and head share when the head is tied: stored once where both are.
std::int64_t SharedHeadBytes(const ModelShape& shape);
// Keys and values of one layer.
std::int64_t KvBytes(const ModelShape& shape, std::int64_t positions);

// Workspace, rotary table and message buffers: the same for every stage of whole layers.
struct FixedBytes {
  std::int64_t activations = 0;
  std::int64_t buffers = 0;
};
FixedBytes FixedBytesOf(const ModelShape& shape, DType wire, const RequestShape& request);
FixedBytes FixedBytesOf(const ModelShape& shape, DType wire, const RequestShape& request,
                        const ShareWidths& widths);
// Rows that a rank keeps to add up, beside the workspace: see StrategyTraits::sum_matrices.
std::int64_t SumBytes(const ModelShape& shape, int matrices, const RequestShape& request);
// Rows that the head keeps beside its weights.
std::int64_t HeadActivationBytes(const ModelShape& shape);

// Of rank `rank` under the plan.
MemoryNeed NeedOf(const ModelShape& shape, const Plan& plan, const RequestShape& request, int rank);

// The model counts what the suite allocates to the byte; what an allocator and page tables add is
// not known, and assumed to be at most this share.
inline constexpr double kMemoryError = 0.02;

enum class Fit : std::uint8_t { kFits, kUncertain, kOutOfMemory };
// kUncertain: within kMemoryError of the budget.
Fit FitOf(std::int64_t need, std::int64_t budget);
std::string_view Name(Fit fit);

// What helps against missing memory, for the end of a reason: smaller weights only where the model
// can have them.
std::string MemoryHelp(const ModelShape& shape);

}  // namespace jupiter

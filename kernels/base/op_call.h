// What one op of a device did, as plain data: the unit of records, cost models and timelines.
#pragma once

#include <cstdint>
#include <string_view>

#include "kernels/base/dtype.h"

namespace jupiter {

enum class OpKind : std::uint8_t {
  kEmbed,
  kRmsNorm,
  kQuantise,
  kLinear,
  kRope,
  kKvAppend,
  kKvMove,
  kAttention,
  kSwiGlu,
  kAdd,
  kArgMax,
  kTopK,
  kLogSumExp,
  kCopy,
  kRound,
  kExport,
  kImport,
};

std::string_view Name(OpKind kind);

// What a weight matrix is in the model.
enum class MatrixRole : std::uint8_t {
  kNone,       // not said
  kAttention,  // q, k, v, o
  kMlp,        // gate, up, down
  kHead,       // logits
  kEmbedding,
};

std::string_view Name(MatrixRole role);

struct OpCall {
  OpKind kind = OpKind::kCopy;
  DType weight = DType::kF32;   // linear, embed: of the weight; attention, KV: of the KV rows
  DType input = DType::kF32;    // of the activations, or of the message rows
  std::int64_t rows = 0;        // tokens
  std::int64_t inner = 0;       // elements reduced over or read per row
  std::int64_t outer = 0;       // elements written per row
  std::int64_t context = 0;     // attention: logical positions attended, summed over the rows
  std::int64_t bytes = 0;       // least memory traffic: every operand once
  std::int64_t operations = 0;  // arithmetic, a multiply-add counts two
  MatrixRole role = MatrixRole::kNone;  // linear, embed: of the weight
  std::int64_t whole = 0;  // linear, embed: elements of the matrix that the weight is a share of
  double seconds = 0;      // measured; 0 on the recording device
};

// Receives every op of a device, after it ran.
class OpObserver {
 public:
  virtual ~OpObserver() = default;
  // `start` is on the monotonic clock, in seconds (see base/clock.h).
  virtual void OnOp(const OpCall& call, double start) = 0;
};

}  // namespace jupiter

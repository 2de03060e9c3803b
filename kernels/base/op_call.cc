#include "kernels/base/op_call.h"

#include "kernels/base/check.h"

namespace jupiter {

std::string_view Name(OpKind kind) {
  switch (kind) {
    case OpKind::kEmbed: return "embed";
    case OpKind::kRmsNorm: return "rms_norm";
    case OpKind::kQuantise: return "quantise";
    case OpKind::kLinear: return "linear";
    case OpKind::kRope: return "rope";
    case OpKind::kKvAppend: return "kv_append";
    case OpKind::kKvMove: return "kv_move";
    case OpKind::kAttention: return "attention";
    case OpKind::kSwiGlu: return "swiglu";
    case OpKind::kAdd: return "add";
    case OpKind::kArgMax: return "argmax";
    case OpKind::kTopK: return "top_k";
    case OpKind::kLogSumExp: return "log_sum_exp";
    case OpKind::kCopy: return "copy";
    case OpKind::kRound: return "round";
    case OpKind::kExport: return "export";
    case OpKind::kImport: return "import";
  }
  JUPITER_FAIL("op kind {}", static_cast<int>(kind));
}

std::string_view Name(MatrixRole role) {
  switch (role) {
    case MatrixRole::kNone: return "none";
    case MatrixRole::kAttention: return "attention";
    case MatrixRole::kMlp: return "mlp";
    case MatrixRole::kHead: return "head";
    case MatrixRole::kEmbedding: return "embedding";
  }
  JUPITER_FAIL("role {}", static_cast<int>(role));
}

}  // namespace jupiter

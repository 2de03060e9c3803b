// Heads that draft tokens (Medusa: Cai et al., ICML 2024, arXiv 2401.10774), as plans count them:
// their bytes and time, in addition to the output head, on the same stage.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/config/model_shape.h"

namespace jupiter {

// More heads than this are refused: published ones have 3 to 5.
inline constexpr int kMostDraftHeads = 64;

// Each head is a residual block h + SiLU(W h + b), W [hidden, hidden] and b in f32, in front of a
// matrix [vocab, hidden]: the model's output matrix, or one of its own.
struct DraftHeads {
  int heads = 0;  // 0: the model has none
  bool own_output = false;
  DType weight = DType::kF16;  // of the matrices
  // Rows of one verification step: root and nodes of the draft tree. Medusa's trees for Vicuna 7B
  // and 13B have 64.
  int tree_rows = 64;
  bool any() const { return heads > 0; }
};

// "N" or "N:own"; the matrices are of type `weight`. Throws UserError that names --draft-heads.
DraftHeads ParseDraftHeads(std::string_view text, DType weight);
// "5 draft heads with output matrices of their own (q4_0), trees of 64 rows".
std::string ToString(const DraftHeads& drafts);

std::int64_t DraftWeightBytes(const ModelShape& shape, const DraftHeads& drafts);
// Logits of the tree's rows beyond the one that every head stage has, and hidden rows and logits of
// the draft heads.
std::int64_t DraftActivationBytes(const ModelShape& shape, const DraftHeads& drafts);
// Rows of a decode step: of a verification step when there are draft heads, else one.
inline int StepRows(const DraftHeads& drafts) { return drafts.any() ? drafts.tree_rows : 1; }

}  // namespace jupiter

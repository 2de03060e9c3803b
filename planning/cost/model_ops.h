// The ops of each piece of a model, by formula: what model/ runs, op for op, without running it.
// Written apart from model/ so that a test can compare the two.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/base/op_call.h"
#include "model/config/model_shape.h"
#include "planning/cost/share_widths.h"
#include "planning/drafts/draft_heads.h"
#include "planning/testbed/op_costs.h"

namespace jupiter {

// Rows of one sequence that pass through layers together: a causal chain after `before` positions.
struct RowBlock {
  std::int64_t rows = 0;
  std::int64_t before = 0;
};

std::vector<OpCall> EmbedOps(const ModelShape& shape, std::int64_t rows);
// Without the rounding of the residual stream.
std::vector<OpCall> LayerOps(const ModelShape& shape, int layer, const RowBlock& block);
// The one op of a layer that depends on the context.
OpCall AttentionOp(const ModelShape& shape, const RowBlock& block);
// Of a share of the heads; `context`: positions attended, summed over the rows.
OpCall AttentionOp(const ModelShape& shape, std::int64_t rows, std::int64_t context,
                   const ShareWidths& widths);
// LayerOps without it.
std::vector<OpCall> LayerOpsWithoutAttention(const ModelShape& shape, int layer, std::int64_t rows);
// Its two halves, of a share: q, k, v and output with what goes with them; the feed-forward block.
std::vector<OpCall> ProjectionOps(const ModelShape& shape, int layer, std::int64_t rows,
                                  const ShareWidths& widths);
std::vector<OpCall> MlpOps(const ModelShape& shape, int layer, std::int64_t rows,
                           const ShareWidths& widths);
// Final norm and output matrix for the last `rows` rows of a batch, and the logits to the host.
// What the host does with them is no op (docs/testbed.md says how long it takes).
std::vector<OpCall> HeadOps(const ModelShape& shape, std::int64_t rows);
// What the draft heads run in one verification step: all of them after the row that was accepted
// last. SiLU and the residual sum count as one op of SwiGLU's kind. None without heads.
std::vector<OpCall> DraftOps(const ModelShape& shape, const DraftHeads& drafts);
// The residual stream rounded to f16 in place.
OpCall RoundOp(const ModelShape& shape, DType dtype, std::int64_t rows);
// Hidden rows into a message of the wire type, and out of it.
OpCall ExportOp(const ModelShape& shape, DType wire, std::int64_t rows);
OpCall ImportOp(const ModelShape& shape, DType wire, std::int64_t rows);

// Seconds of several ops.
double Seconds(const OpCosts& costs, const std::vector<OpCall>& ops);

}  // namespace jupiter

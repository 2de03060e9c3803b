#include "planning/cost/model_ops.h"
#include "planning/testbed/op_costs.h"

namespace jupiter {
namespace {

std::int64_t F32Matrix(std::int64_t rows, std::int64_t columns) {
  return rows * RowBytes(DType::kF32, columns);
}

OpCall NormOp(std::int64_t rows, std::int64_t width) {
  return {.kind = OpKind::kRmsNorm,
          .rows = rows,
          .inner = width,
          .outer = width,
          .bytes = 2 * F32Matrix(rows, width) + F32Matrix(1, width),
          .operations = 4 * rows * width};
}

OpCall QuantiseOp(std::int64_t rows, std::int64_t width) {
  return {.kind = OpKind::kQuantise,
          .rows = rows,
          .inner = width,
          .outer = width,
          .bytes = F32Matrix(rows, width) + rows * RowBytes(DType::kAct8, width),
          .operations = 3 * rows * width};
}

OpCall LinearOp(MatrixRole role, DType weight, std::int64_t rows, std::int64_t inner,
                std::int64_t outer, bool accumulate) {
  const DType input = IsQuantised(weight) ? DType::kAct8 : DType::kF32;
  return {.kind = OpKind::kLinear,
          .weight = weight,
          .input = input,
          .rows = rows,
          .inner = inner,
          .outer = outer,
          .bytes = StoredBytes(weight, outer, inner) + rows * RowBytes(input, inner) +
                   F32Matrix(rows, outer) * (accumulate ? 2 : 1),
          .operations = 2 * rows * outer * inner,
          .role = role,
          .whole = inner * outer};
}

OpCall RopeOp(std::int64_t rows, std::int64_t head_dim, std::int64_t width) {
  return {.kind = OpKind::kRope,
          .rows = rows,
          .inner = head_dim,
          .outer = width,
          .bytes = 2 * F32Matrix(rows, width),
          .operations = 3 * rows * width};
}

OpCall KvAppendOp(DType kv, std::int64_t rows, std::int64_t width) {
  return {.kind = OpKind::kKvAppend,
          .weight = kv,
          .rows = rows,
          .outer = width,
          .bytes = 2 * (F32Matrix(rows, width) + rows * RowBytes(kv, width))};
}

OpCall SwiGluOp(std::int64_t rows, std::int64_t width) {
  return {.kind = OpKind::kSwiGlu,
          .rows = rows,
          .inner = width,
          .outer = width,
          .bytes = 3 * F32Matrix(rows, width),
          .operations = 4 * rows * width};
}

// Products of one input. It is quantised just before the first product that needs it.
void AppendProducts(std::vector<OpCall>& ops, const std::vector<OpCall>& products) {
  bool quantised = false;
  for (const OpCall& product : products) {
    if (product.input == DType::kAct8 && !quantised) {
      ops.push_back(QuantiseOp(product.rows, product.inner));
      quantised = true;
    }
    ops.push_back(product);
  }
}

// To the host.
OpCall LogitsOp(std::int64_t rows, std::int64_t vocab) {
  return {
      .kind = OpKind::kExport, .rows = rows, .outer = vocab, .bytes = 2 * F32Matrix(rows, vocab)};
}

OpCall TransferOp(OpKind kind, const ModelShape& shape, DType wire, std::int64_t rows) {
  const std::int64_t width = shape.config.hidden;
  return {.kind = kind,
          .input = wire,
          .rows = rows,
          .outer = width,
          .bytes = F32Matrix(rows, width) + rows * RowBytes(wire, width)};
}

// The ops of a layer before and after attention.
std::vector<OpCall> OpsBeforeAttention(const ModelShape& shape, const LayerTypes& types,
                                       std::int64_t rows) {
  const ModelConfig& config = shape.config;
  std::vector<OpCall> ops = {NormOp(rows, config.hidden)};
  AppendProducts(
      ops,
      {LinearOp(MatrixRole::kAttention, types.wq, rows, config.hidden, config.q_width(), false),
       LinearOp(MatrixRole::kAttention, types.wk, rows, config.hidden, config.kv_width(), false),
       LinearOp(MatrixRole::kAttention, types.wv, rows, config.hidden, config.kv_width(), false)});
  ops.push_back(RopeOp(rows, config.head_dim, config.q_width()));
  ops.push_back(RopeOp(rows, config.head_dim, config.kv_width()));
  ops.push_back(KvAppendOp(shape.kv, rows, config.kv_width()));
  return ops;
}

void AppendOpsBehindAttention(std::vector<OpCall>& ops, const ModelShape& shape,
                              const LayerTypes& types, std::int64_t rows) {
  const ModelConfig& config = shape.config;
  AppendProducts(ops, {LinearOp(MatrixRole::kAttention, types.wo, rows, config.q_width(),
                                config.hidden, true)});
  ops.push_back(NormOp(rows, config.hidden));
  AppendProducts(ops,
                 {LinearOp(MatrixRole::kMlp, types.w_gate, rows, config.hidden, config.ffn, false),
                  LinearOp(MatrixRole::kMlp, types.w_up, rows, config.hidden, config.ffn, false)});
  ops.push_back(SwiGluOp(rows, config.ffn));
  AppendProducts(ops,
                 {LinearOp(MatrixRole::kMlp, types.w_down, rows, config.ffn, config.hidden, true)});
}

}  // namespace

std::vector<OpCall> EmbedOps(const ModelShape& shape, std::int64_t rows) {
  const std::int64_t width = shape.config.hidden;
  return {{.kind = OpKind::kEmbed,
           .weight = shape.embedding,
           .rows = rows,
           .outer = width,
           .bytes = F32Matrix(rows, width) + StoredBytes(shape.embedding, rows, width),
           .role = MatrixRole::kEmbedding,
           .whole = shape.config.vocab * width}};
}

OpCall AttentionOp(const ModelShape& shape, const RowBlock& block) {
  const ModelConfig& config = shape.config;
  const std::int64_t context = block.rows * block.before + block.rows * (block.rows + 1) / 2;
  return {.kind = OpKind::kAttention,
          .weight = shape.kv,
          .rows = block.rows,
          .inner = config.kv_width(),
          .outer = config.q_width(),
          .context = context,
          .bytes = 2 * F32Matrix(block.rows, config.q_width()) +
                   2 * context * RowBytes(shape.kv, config.kv_width()),
          .operations = 4 * context * config.q_width()};
}

std::vector<OpCall> LayerOps(const ModelShape& shape, int layer, const RowBlock& block) {
  const LayerTypes& types = shape.layers[static_cast<std::size_t>(layer)];
  std::vector<OpCall> ops = OpsBeforeAttention(shape, types, block.rows);
  ops.push_back(AttentionOp(shape, block));
  AppendOpsBehindAttention(ops, shape, types, block.rows);
  return ops;
}

std::vector<OpCall> LayerOpsWithoutAttention(const ModelShape& shape, int layer,
                                             std::int64_t rows) {
  const LayerTypes& types = shape.layers[static_cast<std::size_t>(layer)];
  std::vector<OpCall> ops = OpsBeforeAttention(shape, types, rows);
  AppendOpsBehindAttention(ops, shape, types, rows);
  return ops;
}

std::vector<OpCall> HeadOps(const ModelShape& shape, std::int64_t rows) {
  const std::int64_t hidden = shape.config.hidden;
  const std::int64_t vocab = shape.config.vocab;
  std::vector<OpCall> ops(
      static_cast<std::size_t>(rows),
      {.kind = OpKind::kCopy, .rows = 1, .outer = hidden, .bytes = 2 * F32Matrix(1, hidden)});
  ops.push_back(NormOp(rows, hidden));
  AppendProducts(ops, {LinearOp(MatrixRole::kHead, shape.head, rows, hidden, vocab, false)});
  ops.push_back(LogitsOp(rows, vocab));
  return ops;
}

std::vector<OpCall> DraftOps(const ModelShape& shape, const DraftHeads& drafts) {
  if (!drafts.any()) return {};
  const std::int64_t hidden = shape.config.hidden;
  const std::int64_t vocab = shape.config.vocab;
  const auto heads = static_cast<std::size_t>(drafts.heads);
  std::vector<OpCall> ops;
  // Both blocks have the same input.
  AppendProducts(ops, std::vector<OpCall>(heads, LinearOp(MatrixRole::kMlp, drafts.weight, 1,
                                                          hidden, hidden, false)));
  ops.insert(ops.end(), heads, SwiGluOp(1, hidden));
  if (drafts.own_output) {
    for (std::size_t head = 0; head < heads; ++head) {
      AppendProducts(ops, {LinearOp(MatrixRole::kHead, drafts.weight, 1, hidden, vocab, false)});
    }
  } else {
    AppendProducts(ops,
                   {LinearOp(MatrixRole::kHead, shape.head, drafts.heads, hidden, vocab, false)});
  }
  ops.push_back(LogitsOp(drafts.heads, vocab));
  return ops;
}

OpCall RoundOp(const ModelShape& shape, DType dtype, std::int64_t rows) {
  return {.kind = OpKind::kRound,
          .input = dtype,
          .rows = rows,
          .outer = shape.config.hidden,
          .bytes = 2 * F32Matrix(rows, shape.config.hidden)};
}

OpCall ExportOp(const ModelShape& shape, DType wire, std::int64_t rows) {
  return TransferOp(OpKind::kExport, shape, wire, rows);
}

OpCall ImportOp(const ModelShape& shape, DType wire, std::int64_t rows) {
  return TransferOp(OpKind::kImport, shape, wire, rows);
}

double Seconds(const OpCosts& costs, const std::vector<OpCall>& ops) {
  double seconds = 0;
  for (const OpCall& op : ops) seconds += costs.Seconds(op);
  return seconds;
}

}  // namespace jupiter

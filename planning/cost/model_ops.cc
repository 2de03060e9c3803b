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

const LayerTypes& TypesOf(const ModelShape& shape, int layer) {
  return shape.layers[static_cast<std::size_t>(layer)];
}

// A share of a matrix of `whole` elements.
OpCall ShareOf(OpCall product, std::int64_t whole) {
  product.whole = whole;
  return product;
}

// The ops of a layer before and after attention.
std::vector<OpCall> OpsBeforeAttention(const ModelShape& shape, int layer, std::int64_t rows,
                                       const ShareWidths& widths) {
  const ModelConfig& config = shape.config;
  const LayerTypes& types = TypesOf(shape, layer);
  const auto product = [&](DType weight, std::int64_t outer, std::int64_t of) {
    return ShareOf(LinearOp(MatrixRole::kAttention, weight, rows, config.hidden, outer, false),
                   config.hidden * of);
  };
  std::vector<OpCall> ops = {NormOp(rows, config.hidden)};
  AppendProducts(ops, {product(types.wq, widths.queries, config.q_width()),
                       product(types.wk, widths.keys, config.kv_width()),
                       product(types.wv, widths.keys, config.kv_width())});
  ops.push_back(RopeOp(rows, config.head_dim, widths.queries));
  ops.push_back(RopeOp(rows, config.head_dim, widths.keys));
  ops.push_back(KvAppendOp(shape.kv, rows, widths.keys));
  return ops;
}

std::vector<OpCall> OutputOps(const ModelShape& shape, int layer, std::int64_t rows,
                              const ShareWidths& widths) {
  const ModelConfig& config = shape.config;
  std::vector<OpCall> ops;
  AppendProducts(ops, {ShareOf(LinearOp(MatrixRole::kAttention, TypesOf(shape, layer).wo, rows,
                                        widths.queries, config.hidden, true),
                               config.q_width() * config.hidden)});
  return ops;
}

void Append(std::vector<OpCall>& ops, const std::vector<OpCall>& more) {
  ops.insert(ops.end(), more.begin(), more.end());
}

// Positions that a causal block attends, summed over its rows.
std::int64_t ContextOf(const RowBlock& block) {
  return block.rows * block.before + block.rows * (block.rows + 1) / 2;
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

OpCall AttentionOp(const ModelShape& shape, std::int64_t rows, std::int64_t context,
                   const ShareWidths& widths) {
  return {
      .kind = OpKind::kAttention,
      .weight = shape.kv,
      .rows = rows,
      .inner = widths.keys,
      .outer = widths.queries,
      .context = context,
      .bytes = 2 * F32Matrix(rows, widths.queries) + 2 * context * RowBytes(shape.kv, widths.keys),
      .operations = 4 * context * widths.queries};
}

OpCall AttentionOp(const ModelShape& shape, const RowBlock& block) {
  return AttentionOp(shape, block.rows, ContextOf(block), WholeWidths(shape.config));
}

std::vector<OpCall> ProjectionOps(const ModelShape& shape, int layer, std::int64_t rows,
                                  const ShareWidths& widths) {
  std::vector<OpCall> ops = OpsBeforeAttention(shape, layer, rows, widths);
  Append(ops, OutputOps(shape, layer, rows, widths));
  return ops;
}

std::vector<OpCall> MlpOps(const ModelShape& shape, int layer, std::int64_t rows,
                           const ShareWidths& widths) {
  const ModelConfig& config = shape.config;
  const LayerTypes& types = TypesOf(shape, layer);
  const std::int64_t whole = std::int64_t{config.hidden} * config.ffn;
  const auto product = [&](DType weight, std::int64_t inner, std::int64_t outer, bool accumulate) {
    return ShareOf(LinearOp(MatrixRole::kMlp, weight, rows, inner, outer, accumulate), whole);
  };
  std::vector<OpCall> ops = {NormOp(rows, config.hidden)};
  AppendProducts(ops, {product(types.w_gate, config.hidden, widths.columns, false),
                       product(types.w_up, config.hidden, widths.columns, false)});
  ops.push_back(SwiGluOp(rows, widths.columns));
  AppendProducts(ops, {product(types.w_down, widths.columns, config.hidden, true)});
  return ops;
}

std::vector<OpCall> LayerOps(const ModelShape& shape, int layer, const RowBlock& block) {
  const ShareWidths whole = WholeWidths(shape.config);
  std::vector<OpCall> ops = OpsBeforeAttention(shape, layer, block.rows, whole);
  ops.push_back(AttentionOp(shape, block));
  Append(ops, OutputOps(shape, layer, block.rows, whole));
  Append(ops, MlpOps(shape, layer, block.rows, whole));
  return ops;
}

std::vector<OpCall> LayerOpsWithoutAttention(const ModelShape& shape, int layer,
                                             std::int64_t rows) {
  const ShareWidths whole = WholeWidths(shape.config);
  std::vector<OpCall> ops = ProjectionOps(shape, layer, rows, whole);
  Append(ops, MlpOps(shape, layer, rows, whole));
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

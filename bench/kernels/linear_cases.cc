// Ops with weight matrices: their weights come from memory. The activations of products are in a
// cache, where the op before would have left them.
#include <fmt/format.h>

#include <cstddef>

#include "bench/kernels/op_cases.h"
#include "kernels/base/rng.h"

namespace jupiter {
namespace {

constexpr DType kWeightTypes[] = {DType::kQ8_0, DType::kQ4_0, DType::kQ4_K, DType::kQ6_K,
                                  DType::kF16,  DType::kBF16, DType::kF32};

struct MatrixShape {
  const char* name;
  std::int64_t rows;
  std::int64_t columns;
};

// Each shape of a layer once: attn_q stands for attn_output, ffn_up for ffn_gate, attn_k for
// attn_v, and is left out where it is like attn_q.
std::vector<MatrixShape> MatricesOf(const ModelConfig& config) {
  std::vector<MatrixShape> matrices = {{"attn_q", config.q_width(), config.hidden}};
  if (config.kv_heads < config.heads) {
    matrices.push_back({"attn_k", config.kv_width(), config.hidden});
  }
  matrices.push_back({"ffn_up", config.ffn, config.hidden});
  matrices.push_back({"ffn_down", config.hidden, config.ffn});
  matrices.push_back({"head", config.vocab, config.hidden});
  return matrices;
}

PreparedOp PrepareLinear(Workbench& bench, DType dtype, const MatrixShape& shape,
                         std::int64_t rows) {
  const auto weights = bench.Weights(dtype, shape.rows, shape.columns);
  const auto x = IsQuantised(dtype) ? bench.Act8Rows(rows, shape.columns, 1)
                                    : bench.Rows(rows, shape.columns, 1);
  const auto out = bench.Rows(rows, shape.rows, 1);
  return {[&device = bench.device(), weights, x, out](std::int64_t turn) {
    const auto copy = static_cast<std::size_t>(turn) % weights->size();
    device.Linear(x->at(0), *(*weights)[copy], out->at(0));
  }};
}

// Tokens of a text are all over the table: random ones.
PreparedOp PrepareEmbed(Workbench& bench, DType dtype, const ModelConfig& config,
                        std::int64_t rows) {
  constexpr std::int64_t kCalls = 1024;  // with ids of their own
  const auto weights = bench.Weights(dtype, config.vocab, config.hidden);
  const int outs = bench.Copies(rows * RowBytes(DType::kF32, config.hidden));
  const auto out = bench.Rows(rows, config.hidden, outs);
  std::vector<std::int32_t> ids;
  const CounterRng rng(1);
  for (std::int64_t i = 0; i < kCalls * rows; ++i) {
    ids.push_back(static_cast<std::int32_t>(rng.Bits(static_cast<std::uint64_t>(i)) %
                                            static_cast<std::uint64_t>(config.vocab)));
  }
  return {[&device = bench.device(), weights, out, outs, ids, rows](std::int64_t turn) {
    const auto copy = static_cast<std::size_t>(turn) % weights->size();
    const std::int32_t* first = ids.data() + turn % kCalls * rows;
    device.Embed({first, static_cast<std::size_t>(rows)}, *(*weights)[copy], out->at(turn % outs));
  }};
}

}  // namespace

void AddLinearCases(const BenchModel& model, OpCases& cases) {
  for (const DType dtype : kWeightTypes) {
    for (const MatrixShape& shape : MatricesOf(model.config)) {
      ForEachRows([&](std::int64_t rows) {
        cases.push_back(
            {fmt::format("linear/{}/{}/{}/rows:{}", Name(dtype), model.name, shape.name, rows),
             [=](Workbench& bench) { return PrepareLinear(bench, dtype, shape, rows); }});
      });
    }
    // The table has the shape of the head, whose copies are there.
    ForEachRows([&](std::int64_t rows) {
      cases.push_back({CaseName(fmt::format("embed/{}", Name(dtype)), model, rows),
                       [dtype, config = model.config, rows](Workbench& bench) {
                         return PrepareEmbed(bench, dtype, config, rows);
                       }});
    });
  }
}

}  // namespace jupiter

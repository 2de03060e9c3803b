#include "parallel/strategies/tensor_parallel.h"

#include "parallel/collectives/ring_all_reduce.h"

namespace jupiter {

TensorParallel::TensorParallel(const StrategyInputs& inputs)
    : Lockstep(inputs),
      share_(*stage().options().share),
      columns_(Split::OfColumns(
          Split::Even(inputs.checkpoint.config().hidden, size(), BlockColumns(inputs.plan.wire)))) {
  const std::int64_t rows = inputs.capacity.prompt_rows;
  const std::int64_t hidden = inputs.checkpoint.config().hidden;
  partial_ = device().Allocate(DType::kF32, rows, hidden);
  if (!HasHeads() || !HasColumns()) zeros_ = device().Allocate(DType::kF32, rows, hidden);
}

void TensorParallel::Compute(const Batch&, const BatchLayout& layout) {
  const RowRange all{0, layout.rows()};
  stage().Embed(all);
  const TensorView x = Residual(all);
  for (int layer = 0; layer < stage().layers(); ++layer) {
    ComputeLayer(layout, layer, x);
    stage().Round(layer + 1, x);
  }
}

void TensorParallel::ComputeLayer(const BatchLayout& layout, int layer, TensorView x) {
  const TensorView sum = Partial({0, x.rows});
  AttentionShare(layout, layer, x, sum);
  Reduce(sum, "the attention block");
  device().Add(sum, x);
  MlpShare(layer, x, sum, /*accumulate=*/false);
  Reduce(sum, "the feed-forward block");
  device().Add(sum, x);
}

void TensorParallel::AttentionShare(const BatchLayout& layout, int layer, ConstTensorView x,
                                    TensorView out) {
  if (!HasHeads()) return Clear(out);
  stage().FetchLayer(layer).AttentionBlock(device(), stage().workspace(), layout,
                                           stage().rope_table(), x, out, /*accumulate=*/false);
}

void TensorParallel::MlpShare(int layer, ConstTensorView x, TensorView out, bool accumulate) {
  if (HasColumns()) {
    stage().FetchLayer(layer).MlpBlock(device(), stage().workspace(), x, out, accumulate);
  } else if (!accumulate) {
    Clear(out);
  }
}

void TensorParallel::Reduce(TensorView partial, std::string_view operation) {
  RingAllReduce(exchange(), partial, columns_, operation);
}

void TensorParallel::Clear(TensorView out) { device().Copy(zeros_.Rows(0, out.rows), out); }

void CutLayersInShares(Plan& plan, const AdaptInputs& inputs) {
  plan.layers.assign(plan.layers.size(), inputs.shape.config.layers);
  plan.order.clear();
  if (plan.slices.kind == SlicePolicy::Kind::kAuto) plan.slices = SlicePolicy{};
  const ShareUnits units = UnitsOf(inputs.shape);
  Shares& shares = plan.shares;
  if (shares.heads.empty()) {
    shares.heads = SplitByWeight(inputs.shape.config.kv_heads, units.heads, inputs.speeds);
  }
  if (shares.columns.empty()) {
    shares.columns = SplitByWeight(inputs.shape.config.ffn, units.columns, inputs.speeds);
  }
}

}  // namespace jupiter

// Ranks with heads and columns of every layer, and sums over ranks: what `megatron`,
// `detransformer` and `galaxy` share.
#pragma once

#include <string_view>

#include "parallel/strategies/lockstep.h"

namespace jupiter {

class TensorParallel : public Lockstep {
 protected:
  explicit TensorParallel(const StrategyInputs& inputs);

  // Embeds all rows on every rank, then layer by layer.
  void Compute(const Batch& batch, const BatchLayout& layout) override;
  // Adds a layer's blocks to the residual stream x of the whole batch, on every rank: here each
  // block's sum over ranks, one after the other.
  virtual void ComputeLayer(const BatchLayout& layout, int layer, TensorView x);

  // Rows for this rank's part of a sum.
  TensorView Partial(RowRange rows) { return partial_.Rows(rows.begin, rows.count()); }
  // out = this rank's part of a block's output; zeros where its share is empty.
  void AttentionShare(const BatchLayout& layout, int layer, ConstTensorView x, TensorView out);
  void MlpShare(int layer, ConstTensorView x, TensorView out, bool accumulate);
  // The sum over ranks, on every rank: a ring over columns, even except for whole blocks of the
  // wire type, so that a row's sum depends on that row alone.
  void Reduce(TensorView partial, std::string_view operation);

  bool HasHeads() const { return share_.kv_heads() > 0; }
  bool HasColumns() const { return share_.ffn() > 0; }
  // out = 0
  void Clear(TensorView out);

 private:
  LayerShare share_;
  Tensor partial_;  // [prompt rows, hidden]
  Tensor zeros_;    // [prompt rows, hidden] where a share is empty
  Split columns_;
};

// Shares of heads and columns for every rank, in proportion to the speeds of the inputs: even
// without. The prompt passes whole.
void CutLayersInShares(Plan& plan, const AdaptInputs& inputs);

}  // namespace jupiter

// DeTransformer (Wei et al., DATE 2024; IEEE TPDS 2025), as we read it: each layer is decoupled
// into one sub-block per rank, with the rank's heads and feed-forward columns, and the ranks meet
// once per layer.
//
// Per layer, on rank i: a_i = attention of its heads, m_i = feed-forward of its columns on
// norm(x + a_i), its own part of the attention alone; then x += all-reduce of sum_i (a_i + m_i).
// Half of Megatron-LM's bytes: 2 (n-1)/n * rows * hidden * wire bytes per layer with even shares.
//
// The number of sub-blocks and of synchronisations per layer is our reading: it gives the
// published ratio of traffic. The model is another one than the given weights were trained for
// (the authors train again), so its text is not comparable with that of the other strategies; its
// time is.
#include "parallel/strategies/strategies.h"
#include "parallel/strategies/tensor_parallel.h"

namespace jupiter {
namespace {

class DeTransformer : public TensorParallel {
 public:
  explicit DeTransformer(const StrategyInputs& inputs)
      : TensorParallel(inputs),
        own_(device().Allocate(DType::kF32, inputs.capacity.prompt_rows,
                               inputs.checkpoint.config().hidden)) {}

 private:
  void ComputeLayer(const BatchLayout& layout, int layer, TensorView x) override {
    const TensorView sum = Partial({0, x.rows});
    AttentionShare(layout, layer, x, sum);
    const TensorView own = own_.Rows(0, x.rows);
    device().Copy(x, own);
    device().Add(sum, own);
    MlpShare(layer, own, sum, /*accumulate=*/true);
    Reduce(sum, "a decoupled layer");
    device().Add(sum, x);
  }

  Tensor own_;  // [prompt rows, hidden]: x + a_i
};

}  // namespace

StrategyEntry DeTransformerStrategy() {
  return {.traits = {.name = "detransformer",
                     .summary = "as megatron, one all-reduce per layer (our reading; restructured "
                                "model, text not comparable)",
                     .caveat = "our reading; restructured model, text not comparable",
                     .cuts_heads = true,
                     .takes_slices = true,
                     .exchange = LayerExchange::kAllReduce,
                     .sums_per_layer = 1,
                     .sum_order = SumOrder::kColumnRing,
                     .decodes_on = DecodesOn::kEveryRank,
                     // As megatron, and the input of the feed-forward block.
                     .sum_matrices = 3,
                     .planner = "detransformer"},
          .adapt = CutLayersInShares,
          .plan_memory = Lockstep::PlanMemory,
          .build = [](const StrategyInputs& inputs) {
            return std::make_unique<DeTransformer>(inputs);
          }};
}

}  // namespace jupiter

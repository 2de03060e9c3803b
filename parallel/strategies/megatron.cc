// Megatron-LM tensor parallelism (Shoeybi et al., 2019, arXiv 1909.08053, section 3): every rank
// has whole heads of each attention block and columns of each feed-forward block.
//
// Per layer: norm (on every rank), q, k, v and attention of the rank's heads, its partial output
// projection, all-reduce; norm, gate, up and down of the rank's columns, all-reduce. Two ring
// all-reduces per layer over columns of the hidden rows; keys and values are cut by heads. With
// even shares a rank sends 4 (n-1)/n * rows * hidden * wire bytes per layer, in prefill and decode
// alike. The table is on every rank and the head on the source, so no logits travel.
#include "parallel/strategies/strategies.h"
#include "parallel/strategies/tensor_parallel.h"

namespace jupiter {
namespace {

class Megatron : public TensorParallel {
 public:
  explicit Megatron(const StrategyInputs& inputs) : TensorParallel(inputs) {}
};

}  // namespace

StrategyEntry MegatronStrategy() {
  return {.traits = {.name = "megatron",
                     .summary = "heads and columns of every layer split over ranks, two "
                                "all-reduces per layer",
                     .cuts_heads = true,
                     .takes_slices = true,
                     .exchange = LayerExchange::kAllReduce,
                     .sums_per_layer = 2,
                     .sum_order = SumOrder::kColumnRing,
                     .decodes_on = DecodesOn::kEveryRank,
                     // A partial sum, and what arrives to be added to it.
                     .sum_matrices = 2,
                     .planner = "megatron"},
          .adapt = CutLayersInShares,
          .plan_memory = Lockstep::PlanMemory,
          .build = [](const StrategyInputs& inputs) { return std::make_unique<Megatron>(inputs); }};
}

}  // namespace jupiter

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
  return {"megatron",
          "heads and columns of every layer split over ranks, two all-reduces per layer",
          CutLayersInShares,
          [](const StrategyInputs& inputs) { return Lockstep::PlanMemory(inputs, 2); },
          [](const StrategyInputs& inputs) { return std::make_unique<Megatron>(inputs); }};
}

}  // namespace jupiter

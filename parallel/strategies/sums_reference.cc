#include "parallel/strategies/sums_reference.h"

#include <algorithm>
#include <vector>

#include "kernels/base/check.h"
#include "parallel/strategies/lockstep.h"
#include "planning/plan/slices.h"

namespace jupiter {
namespace {

// A plan for sequence has no shares of heads: its reference is one whole share.
int SharingRanks(const Plan& plan) {
  return plan.shares.heads.empty() ? 1 : static_cast<int>(plan.shares.heads.size());
}

// The embedding and the head are there once.
StageOptions OptionsOf(const StrategyInputs& inputs, int rank) {
  StageOptions options = LockstepOptions(inputs.plan, inputs.checkpoint.config(), inputs.capacity,
                                         inputs.quantise, rank);
  options.embedding = rank == 0;
  options.resident_layers = inputs.resident_layers;
  return options;
}

// out = sum of the parts of one chunk that ends at rank `last`, in the order of a ring
// reduce-scatter: from the rank after `last` around to it. Partial sums that a message would carry
// are rounded.
void SumChunk(Device& device, const std::vector<TensorView>& parts, int last, DType wire,
              TensorView out) {
  const auto ranks = static_cast<int>(parts.size());
  if (out.rows == 0 || out.columns == 0) return;
  const auto part = [&](int step) {
    return parts[static_cast<std::size_t>((last + step) % ranks)];
  };
  device.Copy(part(1), out);
  for (int step = 2; step <= ranks; ++step) {
    if (wire != DType::kF32) device.Round(out, wire);
    device.Add(part(step), out);
  }
}

// Which sums, messages and roundings a strategy has.
struct SumsOf {
  bool decoupled = false;  // one sum per layer, over attention and feed-forward block together
  bool tiles = false;      // prompts: sums by rows, normed rows in messages
  bool sums = true;        // otherwise keys and values travel
};

SumsOf FindSums(const std::string& strategy) {
  const StrategyTraits& traits = FindTraits(strategy);
  if (!traits.shares()) {
    FailUser("{} adds up as one process does; it needs no reference of its own", strategy);
  }
  return {.decoupled = traits.sums_per_layer == 1,
          .tiles = traits.exchange == LayerExchange::kTileRing,
          .sums = traits.exchange != LayerExchange::kGatherKv};
}

class SumsReference : public Strategy {
 public:
  explicit SumsReference(const StrategyInputs& inputs)
      : device_(inputs.device),
        plan_(inputs.plan),
        sums_(FindSums(inputs.plan.reference_of)),
        column_split_(Split::OfColumns(Split::Even(inputs.checkpoint.config().hidden,
                                                   SharingRanks(inputs.plan),
                                                   BlockColumns(inputs.plan.wire)))) {
    const std::int64_t rows = inputs.capacity.prompt_rows;
    const std::int64_t hidden = inputs.checkpoint.config().hidden;
    for (int rank = 0; rank < SharingRanks(plan_); ++rank) {
      stages_.push_back(
          std::make_unique<Stage>(inputs.device, inputs.checkpoint, OptionsOf(inputs, rank)));
      parts_.push_back(device_.Allocate(DType::kF32, rows, hidden));
    }
    own_ = device_.Allocate(DType::kF32, rows, hidden);
    sum_ = device_.Allocate(DType::kF32, rows, hidden);
    zeros_ = device_.Allocate(DType::kF32, rows, hidden);
  }

  int head() const override { return kSource; }
  bool takes_part() const override { return true; }
  std::optional<Batch> Receive() override { JUPITER_FAIL("one process"); }
  void End() override {
    alone_.Forget();
    for (const auto& stage : stages_) stage->CloseAll();
  }
  std::vector<int> CutPrompt(int tokens) const override {
    return jupiter::CutPrompt(plan_.slices, tokens, SharingRanks(plan_));
  }
  ConstTensorView HeadInput() const override { return stages_.front()->HeadInput(); }
  std::shared_ptr<const Weight> HeadWeight() const override { return stages_.front()->head(); }

  ConstTensorView Forward(const Batch& batch) override {
    layouts_.clear();
    for (const auto& stage : stages_) layouts_.push_back(&stage->Begin(batch));
    const std::int64_t rows = layouts_.front()->rows();
    tiles_ = sums_.tiles && GoesInTiles(batch);
    gathers_ = !sums_.sums && !alone_.Take(batch);
    if (rows > 0) Compute({0, rows});
    for (const auto& stage : stages_) stage->Finish(batch);
    if (batch.head_rows() == 0) return {};
    return stages_.front()->ComputeLogits();
  }

 private:
  void Compute(RowRange all) {
    Stage& first = *stages_.front();
    first.Embed(all);
    const TensorView x = first.workspace().residual.Rows(0, all.count());
    for (int layer = 0; layer < first.layers(); ++layer) {
      if (sums_.decoupled) {
        Decoupled(layer, all, x);
      } else {
        Coupled(layer, all, x);
      }
      first.Round(layer + 1, x);
    }
  }

  void Coupled(int layer, RowRange all, TensorView x) {
    for (std::size_t rank = 0; rank < stages_.size(); ++rank) Attention(rank, layer, all, x);
    AddSum(all, x);
    for (std::size_t rank = 0; rank < stages_.size(); ++rank) Mlp(rank, layer, all, x, false);
    AddSum(all, x);
  }

  void Decoupled(int layer, RowRange all, TensorView x) {
    for (std::size_t rank = 0; rank < stages_.size(); ++rank) {
      Attention(rank, layer, all, x);
      const TensorView own = own_.Rows(0, x.rows);
      device_.Copy(x, own);
      device_.Add(PartOf(rank, all), own);
      Mlp(rank, layer, all, own, true);
    }
    AddSum(all, x);
  }

  void Attention(std::size_t rank, int index, RowRange all, ConstTensorView x) {
    const TensorView out = PartOf(rank, all);
    Stage& stage = *stages_[rank];
    if (stage.options().share->kv_heads() == 0) return device_.Copy(zeros_.Rows(0, x.rows), out);
    const Layer& layer = stage.FetchLayer(index);
    Workspace& workspace = stage.workspace();
    layer.NormForAttention(device_, workspace, all, x);
    RoundMessage(tiles_, workspace.normed, all);
    layer.ProjectQkv(device_, workspace, all);
    layer.Rotate(device_, workspace, *layouts_[rank], stage.rope_table(), all);
    RoundMessage(gathers_, workspace.k, all);
    RoundMessage(gathers_, workspace.v, all);
    layer.AppendKv(device_, workspace, *layouts_[rank]);
    layer.Attend(device_, workspace, *layouts_[rank], all);
    layer.ProjectOut(device_, workspace, all, out, false);
  }

  void Mlp(std::size_t rank, int index, RowRange all, ConstTensorView x, bool accumulate) {
    const TensorView out = PartOf(rank, all);
    Stage& stage = *stages_[rank];
    if (stage.options().share->ffn() == 0) {
      if (!accumulate) device_.Copy(zeros_.Rows(0, x.rows), out);
      return;
    }
    const Layer& layer = stage.FetchLayer(index);
    layer.NormForMlp(device_, stage.workspace(), all, x);
    RoundMessage(tiles_, stage.workspace().normed, all);
    layer.GateUp(device_, stage.workspace(), all);
    layer.Down(device_, stage.workspace(), all, out, accumulate);
  }

  bool HasMessages() const {
    return std::max(plan_.shares.heads.size(), plan_.shares.rows.size()) > 1;
  }

  // x with the rounding of a message, if it travels.
  void RoundMessage(bool travels, const Tensor& x, RowRange all) {
    if (travels && HasMessages() && plan_.wire != DType::kF32)
      device_.Round(x.Rows(0, all.count()), plan_.wire);
  }

  // x += the sum of all parts.
  void AddSum(RowRange all, TensorView x) {
    const TensorView sum = sum_.Rows(0, all.count());
    const auto ranks = static_cast<int>(stages_.size());
    const Split split = tiles_ ? SplitRows(plan_, all.count(), ranks) : column_split_;
    for (int chunk = 0; chunk < ranks; ++chunk) {
      std::vector<TensorView> parts;
      for (std::size_t rank = 0; rank < stages_.size(); ++rank) {
        parts.push_back(split.Chunk(PartOf(rank, all), chunk));
      }
      SumChunk(device_, parts, chunk, plan_.wire, split.Chunk(sum, chunk));
    }
    // The sums of an all-reduce are gathered in messages. Those of a reduce-scatter alone are not
    // sent, and where keys and values travel there is no sum.
    const bool gathered = sums_.sums && !tiles_ && HasMessages();
    if (gathered && plan_.wire != DType::kF32) device_.Round(sum, plan_.wire);
    device_.Add(sum, x);
  }

  TensorView PartOf(std::size_t rank, RowRange all) const {
    return parts_[rank].Rows(0, all.count());
  }

  Device& device_;
  Plan plan_;
  SumsOf sums_;
  Split column_split_;
  std::vector<std::unique_ptr<Stage>> stages_;  // by rank
  std::vector<Tensor> parts_;                   // by rank: [prompt rows, hidden]
  Tensor own_;                                  // [prompt rows, hidden]
  Tensor sum_;                                  // [prompt rows, hidden]
  Tensor zeros_;                                // [prompt rows, hidden]
  std::vector<const BatchLayout*> layouts_;     // by rank, of this batch
  bool tiles_ = false;                          // this batch
  LoneSequences alone_;                         // where the source decodes alone
  bool gathers_ = false;                        // this batch
};

}  // namespace

std::unique_ptr<Strategy> BuildSumsReference(const StrategyInputs& inputs) {
  return std::make_unique<SumsReference>(inputs);
}

StageMemory SumsReferenceMemory(const StrategyInputs& inputs) {
  StageMemory memory;
  const int ranks = SharingRanks(inputs.plan);
  for (int rank = 0; rank < ranks; ++rank) {
    const StageMemory stage =
        PlanStageMemory(inputs.device, inputs.checkpoint, OptionsOf(inputs, rank));
    memory.weights += stage.weights;
    memory.kv += stage.kv;
    memory.activations += stage.activations;
    memory.loading = std::max(memory.loading, stage.loading);
    memory.streamed_layers = stage.streamed_layers;
    memory.pass_bytes += stage.pass_bytes;
  }
  memory.activations += (ranks + 3) * inputs.capacity.prompt_rows *
                        RowBytes(DType::kF32, inputs.checkpoint.config().hidden);
  return memory;
}

}  // namespace jupiter

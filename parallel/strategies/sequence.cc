// Sequence parallelism (Korthikanti et al., 2022, arXiv 2205.05198; Li et al., ACL 2023, arXiv
// 2105.13120): every rank has the whole model and computes some rows of the prompt.
//
// Prefill, per layer: q, k, v of the rank's rows; all-gather of the keys, all-gather of the values;
// attention of the rank's rows to all rows before them; everything else on the rank's rows alone. A
// rank sends 2 (n-1)/n * rows * KV width * wire bytes per layer with even rows. The row that the
// head needs goes to the source. Afterwards every rank has all keys and values.
//
// Decode: one row cannot be cut, so the source, which has all keys and values, goes on alone: 0
// bytes, 0 messages. Later rows of such a sequence are known to the source only.
#include "parallel/collectives/ring_all_gather.h"
#include "parallel/strategies/lockstep.h"
#include "parallel/strategies/strategies.h"

namespace jupiter {
namespace {

class Sequence : public Lockstep {
 public:
  explicit Sequence(const StrategyInputs& inputs) : Lockstep(inputs) {}

  void End() override {
    alone_.Forget();
    Lockstep::End();
  }

 private:
  bool Alone(const Batch& batch) override { return alone_.Take(batch); }

  // The others opened these sequences, too.
  std::optional<Batch> NewsOf(const Batch& batch) const override {
    if (batch.close.empty() && batch.open.empty()) return std::nullopt;
    Batch news;
    news.phase = batch.phase;
    news.open = batch.open;
    news.close = batch.close;
    return news;
  }

  void Compute(const Batch&, const BatchLayout& layout) override {
    const Split tiles = SplitRows(plan(), layout.rows(), size());
    const RowRange own = RowsOf(tiles, rank());
    stage().Embed(own);
    for (int layer = 0; layer < stage().layers(); ++layer) {
      ComputeLayer(layout, layer, tiles, own);
      stage().Round(layer + 1, Residual(own));
    }
    CollectHeadRows(layout, tiles);
  }

  void ComputeLayer(const BatchLayout& layout, int index, const Split& tiles, RowRange own) {
    const Layer& layer = stage().FetchLayer(index);
    Workspace& workspace = stage().workspace();
    const TensorView x = Residual(own);
    if (own.count() > 0) {
      layer.NormForAttention(device(), workspace, own, x);
      layer.ProjectQkv(device(), workspace, own);
      layer.Rotate(device(), workspace, layout, stage().rope_table(), own);
    }
    RingAllGather(exchange(), workspace.k.Rows(0, layout.rows()), tiles, "keys");
    RingAllGather(exchange(), workspace.v.Rows(0, layout.rows()), tiles, "values");
    layer.AppendKv(device(), workspace, layout);
    if (own.count() == 0) return;
    layer.Attend(device(), workspace, layout, own);
    layer.ProjectOut(device(), workspace, own, x, /*accumulate=*/true);
    layer.NormForMlp(device(), workspace, own, x);
    layer.GateUp(device(), workspace, own);
    layer.Down(device(), workspace, own, x, /*accumulate=*/true);
  }

  LoneSequences alone_;
};

// Row weights are whole numbers: fine enough for speeds, and even for up to 8 ranks.
constexpr int kRowWeights = 840;

void CutRows(Plan& plan, const AdaptInputs& inputs) {
  plan.layers.assign(plan.layers.size(), inputs.shape.config.layers);
  plan.order.clear();
  plan.shares.heads.clear();
  plan.shares.columns.clear();
  if (plan.slices.kind == SlicePolicy::Kind::kAuto) plan.slices = SlicePolicy{};
  if (plan.shares.rows.empty()) plan.shares.rows = SplitByWeight(kRowWeights, 1, inputs.speeds);
}

}  // namespace

StrategyEntry SequenceStrategy() {
  return {.traits = {.name = "sequence",
                     .summary = "rows of the prompt split over ranks, keys and values gathered; "
                                "decodes alone",
                     .cuts_rows = true,
                     .takes_slices = true,
                     .exchange = LayerExchange::kGatherKv,
                     .decodes_on = DecodesOn::kSource,
                     .planner = "sequence"},
          .adapt = CutRows,
          .plan_memory = Lockstep::PlanMemory,
          .build = [](const StrategyInputs& inputs) { return std::make_unique<Sequence>(inputs); }};
}

}  // namespace jupiter

// Galaxy (Ye et al., INFOCOM 2024, arXiv 2405.17245): attention and feed-forward blocks cut by
// heads and columns, what lies between them (norm, residual) by rows, and messages that travel
// while tiles are multiplied.
//
// Prefill, per block: a ring all-gather brings the normed rows, tile by tile, while the tile before
// is multiplied (q, k, v; gate, up); a ring reduce-scatter sums the block's output, tile by tile,
// while the next tile is multiplied (output, down). A tile is the rows of one rank. Two all-gathers
// and two reduce-scatters per layer carry the bytes of two all-reduces: with even shares 4 (n-1)/n
// * rows * hidden * wire bytes per rank. With `overlap` off the rank computes before or after the
// messages instead.
//
// Decode is our extension: one row cannot be cut into rows, so a batch of provisional rows or of
// one row runs as megatron's.
#include "parallel/collectives/ring_all_gather.h"
#include "parallel/collectives/ring_reduce_scatter.h"
#include "parallel/strategies/strategies.h"
#include "parallel/strategies/tensor_parallel.h"

namespace jupiter {
namespace {

class Galaxy : public TensorParallel {
 public:
  explicit Galaxy(const StrategyInputs& inputs) : TensorParallel(inputs) {}

 private:
  void Compute(const Batch& batch, const BatchLayout& layout) override {
    if (!GoesInTiles(batch)) return TensorParallel::Compute(batch, layout);
    const Split tiles = SplitRows(plan(), layout.rows(), size());
    const RowRange own = RowsOf(tiles, rank());
    stage().Embed(own);
    for (int layer = 0; layer < stage().layers(); ++layer) {
      AttentionTiles(layout, layer, tiles);
      MlpTiles(layer, tiles);
      stage().Round(layer + 1, Residual(own));
    }
    CollectHeadRows(layout, tiles);
  }

  void AttentionTiles(const BatchLayout& layout, int index, const Split& tiles) {
    const Layer& layer = stage().FetchLayer(index);
    Workspace& workspace = stage().workspace();
    const RowRange own = RowsOf(tiles, rank());
    if (own.count() > 0) layer.NormForAttention(device(), workspace, own, Residual(own));
    const RowRange all{0, layout.rows()};
    Gather(tiles, HasHeads(), "normed rows of the attention block",
           [&](RowRange rows) { layer.ProjectQkv(device(), workspace, rows); });
    if (HasHeads()) {
      layer.Rotate(device(), workspace, layout, stage().rope_table(), all);
      layer.AppendKv(device(), workspace, layout);
      layer.Attend(device(), workspace, layout, all);
    }
    Scatter(tiles, HasHeads(), "the attention block", [&](RowRange rows) {
      layer.ProjectOut(device(), workspace, rows, Partial(rows), /*accumulate=*/false);
    });
  }

  void MlpTiles(int index, const Split& tiles) {
    const Layer& layer = stage().FetchLayer(index);
    Workspace& workspace = stage().workspace();
    const RowRange own = RowsOf(tiles, rank());
    if (own.count() > 0) layer.NormForMlp(device(), workspace, own, Residual(own));
    Gather(tiles, HasColumns(), "normed rows of the feed-forward block",
           [&](RowRange rows) { layer.GateUp(device(), workspace, rows); });
    Scatter(tiles, HasColumns(), "the feed-forward block", [&](RowRange rows) {
      layer.Down(device(), workspace, rows, Partial(rows), /*accumulate=*/false);
    });
  }

  // The normed rows of all ranks on every rank, and `work` on each tile if this rank has any.
  template <typename Work>
  void Gather(const Split& tiles, bool has_share, std::string_view operation, const Work& work) {
    const TensorView normed = stage().workspace().normed.Rows(0, RowsOf(tiles, size() - 1).end);
    const auto multiply = [&](int tile) {
      const RowRange rows = RowsOf(tiles, tile);
      if (has_share && rows.count() > 0) work(rows);
    };
    if (plan().overlap) {
      RingAllGather(exchange(), normed, tiles, operation, multiply);
      return;
    }
    RingAllGather(exchange(), normed, tiles, operation);
    if (has_share) work({0, normed.rows});
  }

  // Adds the sum over ranks of what `work` leaves in Partial to this rank's rows of the residual
  // stream.
  template <typename Work>
  void Scatter(const Split& tiles, bool has_share, std::string_view operation, const Work& work) {
    const RowRange all{0, RowsOf(tiles, size() - 1).end};
    const auto multiply = [&](RowRange rows) {
      if (rows.count() == 0) return;
      if (has_share) {
        work(rows);
      } else {
        Clear(Partial(rows));
      }
    };
    if (plan().overlap) {
      RingReduceScatter(exchange(), Partial(all), tiles, operation,
                        [&](int tile) { multiply(RowsOf(tiles, tile)); });
    } else {
      multiply(all);
      RingReduceScatter(exchange(), Partial(all), tiles, operation);
    }
    const RowRange own = RowsOf(tiles, rank());
    if (own.count() > 0) device().Add(Partial(own), Residual(own));
  }
};

}  // namespace

StrategyEntry GalaxyStrategy() {
  return {.traits = {.name = "galaxy",
                     .summary = "heads and columns split, rows between blocks, messages during "
                                "products",
                     .caveat = "decoding is our extension",
                     .cuts_heads = true,
                     .cuts_rows = true,
                     .takes_slices = true,
                     .overlaps = true,
                     .exchange = LayerExchange::kTileRing,
                     .sums_per_layer = 2,
                     .sum_order = SumOrder::kTileRing,
                     .decodes_on = DecodesOn::kEveryRank,
                     // A partial sum, and what arrives to be added to it or zeros in its place.
                     .sum_matrices = 2,
                     .planner = "galaxy"},
          .adapt = CutLayersInShares,
          .plan_memory = Lockstep::PlanMemory,
          .build = [](const StrategyInputs& inputs) { return std::make_unique<Galaxy>(inputs); }};
}

}  // namespace jupiter

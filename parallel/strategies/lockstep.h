// Strategies whose ranks compute every layer together: what `sequence`, `megatron`, `detransformer`
// and `galaxy` share.
//
// The source announces each batch to every other rank (a header: token ids, no rows), all ranks
// embed what they need from their own copy of the table, compute their shares of each layer and
// exchange pieces. The source alone has the output head.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "parallel/collectives/exchange.h"
#include "parallel/collectives/split.h"
#include "parallel/strategies/batch_message.h"
#include "parallel/strategies/strategy.h"

namespace jupiter {

// The piece of the model that rank `rank` holds under the plan: its shares of every layer, the
// embedding, and at the source the head.
StageOptions LockstepOptions(const Plan& plan, const ModelConfig& config, const Capacity& capacity,
                             std::optional<DType> quantise, int rank);

class Lockstep : public Strategy {
 public:
  // Memory of this rank: its stage, and beside it what its strategy adds up in (see
  // StrategyTraits::sum_matrices).
  static StageMemory PlanMemory(const StrategyInputs& inputs);

  int head() const override { return kSource; }
  bool takes_part() const override { return true; }
  std::optional<Batch> Receive() override;
  ConstTensorView Forward(const Batch& batch) override;
  void End() override;
  std::vector<int> CutPrompt(int tokens) const override;
  ConstTensorView HeadInput() const override { return stage_.HeadInput(); }
  std::shared_ptr<const Weight> HeadWeight() const override { return stage_.head(); }

 protected:
  explicit Lockstep(const StrategyInputs& inputs);
  ~Lockstep() override;

  // This rank's part of a batch of at least one row, with the others. Afterwards the source has the
  // residual stream of every row that needs the head.
  virtual void Compute(const Batch& batch, const BatchLayout& layout) = 0;
  // Whether the source computes this batch without the others. Asked at the source only, once per
  // batch, in order.
  virtual bool Alone(const Batch& batch);
  // The part of a batch that the others must know although the source computes it alone.
  virtual std::optional<Batch> NewsOf(const Batch& batch) const;

  int rank() const { return transport_.rank(); }
  int size() const { return transport_.size(); }
  Device& device() { return stage_.device(); }
  Stage& stage() { return stage_; }
  const Plan& plan() const { return plan_; }
  // Messages in the plan's wire type.
  Exchange& exchange() { return exchange_; }
  // Rows of the residual stream.
  TensorView Residual(RowRange rows) {
    return stage_.workspace().residual.Rows(rows.begin, rows.count());
  }
  // Brings rows that need the head from the ranks that have them to the source, as f32: which rank
  // owns a row must not change what the head sees of it.
  void CollectHeadRows(const BatchLayout& layout, const Split& rows);

 private:
  void Announce(const Batch& batch);

  Transport& transport_;
  Plan plan_;
  BatchLimits limits_;
  Stage stage_;
  Exchange exchange_;
  Exchange exact_;
};

// Whether a batch can be computed with each rank taking some of its rows: rows of a prompt, more
// than one. (One row cannot be cut, and a few rows of a draft tree are not worth it.)
bool GoesInTiles(const Batch& batch);
// Where ranks share rows: which sequences have rows that only the source knows. Those are the
// sequences of a batch that does not go in tiles, from that batch on.
class LoneSequences {
 public:
  // Whether the source is alone with this batch. Every batch once, in order.
  bool Take(const Batch& batch);
  void Forget() { alone_.clear(); }

 private:
  std::set<std::int32_t> alone_;
};
// Rows of a batch in proportion to the plan's row weights; evenly where it has none.
Split SplitRows(const Plan& plan, std::int64_t rows, int ranks);
// The rows of one rank.
RowRange RowsOf(const Split& split, int rank);

}  // namespace jupiter

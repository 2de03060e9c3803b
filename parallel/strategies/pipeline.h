// Stages of consecutive layers on consecutive ranks: what `local`, `edgeshard` and `jupiter` share.
//
// One message per batch and boundary: header = kind and encoded batch, payload = hidden rows in the
// wire type. Messages leave while the next batch is computed, and arrive the same way.
#pragma once

#include <vector>

#include "parallel/strategies/batch_message.h"
#include "parallel/strategies/strategy.h"

namespace jupiter {

class Pipeline : public Strategy {
 public:
  explicit Pipeline(const StrategyInputs& inputs);
  ~Pipeline() override;

  // Memory of this rank's stage, and the builder, for the registry.
  static StageMemory PlanMemory(const StrategyInputs& inputs);
  static std::unique_ptr<Strategy> Build(const StrategyInputs& inputs);

  int head() const override { return ranks_.back(); }
  bool takes_part() const override { return stage_ != nullptr; }
  std::optional<Batch> Receive() override;
  ConstTensorView Forward(const Batch& batch) override;
  void End() override;
  std::vector<int> CutPrompt(int tokens) const override;
  int stages() const override { return static_cast<int>(ranks_.size()); }
  ConstTensorView HeadInput() const override { return stage_->HeadInput(); }
  std::shared_ptr<const Weight> HeadWeight() const override { return stage_->head(); }

 private:
  bool IsHead() const { return transport_.rank() == head(); }
  void SendOn(const Batch& batch, ConstTensorView hidden);

  Transport& transport_;
  SlicePolicy slices_;
  DType wire_;
  std::int64_t hidden_ = 0;  // width
  BatchLimits limits_;
  std::vector<int> ranks_;  // that take part, in order
  int previous_ = -1;       // upstream rank, or none
  int next_ = -1;           // downstream rank, or none
  std::unique_ptr<Stage> stage_;
};

}  // namespace jupiter

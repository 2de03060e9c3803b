#include "planning/cost/model_timer.h"
#include "planning/testbed/op_costs.h"

#include <algorithm>

namespace jupiter {

ModelTimer::ModelTimer(const ModelShape& shape, const OpCosts& costs, DType residual, double speed)
    : shape_(shape), costs_(costs), residual_(residual), speed_(speed) {
  for (std::size_t layer = 0; layer < shape.layers.size(); ++layer) {
    const auto same = [&](int other) {
      return shape.layers[static_cast<std::size_t>(other)] == shape.layers[layer];
    };
    const auto found = std::find_if(representative_.begin(), representative_.end(), same);
    kind_.push_back(static_cast<int>(found - representative_.begin()));
    if (found == representative_.end()) representative_.push_back(static_cast<int>(layer));
  }
}

double ModelTimer::Rounding(std::int64_t rows) const {
  return residual_ == DType::kF32 ? 0 : costs_.Seconds(RoundOp(shape_, residual_, rows));
}

double ModelTimer::Embed(std::int64_t rows) const {
  return (Seconds(costs_, EmbedOps(shape_, rows)) + Rounding(rows)) / speed_;
}

double ModelTimer::LayersWithoutAttention(int first, int count, std::int64_t rows) const {
  std::vector<int> counts(representative_.size(), 0);
  for (int layer = first; layer < first + count; ++layer) {
    ++counts[static_cast<std::size_t>(kind_[static_cast<std::size_t>(layer)])];
  }
  double seconds = count * Rounding(rows);
  for (std::size_t kind = 0; kind < counts.size(); ++kind) {
    if (counts[kind] == 0) continue;
    seconds += counts[kind] *
               Seconds(costs_, LayerOpsWithoutAttention(shape_, representative_[kind], rows));
  }
  return seconds / speed_;
}

double ModelTimer::Attention(const RowBlock& block) const {
  return costs_.Seconds(AttentionOp(shape_, block)) / speed_;
}

double ModelTimer::Head(std::int64_t rows) const {
  return Seconds(costs_, HeadOps(shape_, rows)) / speed_;
}

double ModelTimer::Drafts(const DraftHeads& drafts) const {
  return Seconds(costs_, DraftOps(shape_, drafts)) / speed_;
}

double ModelTimer::Export(DType wire, std::int64_t rows) const {
  return costs_.Seconds(ExportOp(shape_, wire, rows)) / speed_;
}

double ModelTimer::Import(DType wire, std::int64_t rows) const {
  return costs_.Seconds(ImportOp(shape_, wire, rows)) / speed_;
}

double SpeedOf(const ClusterDevice& device) { return device.speed.FirstRate(); }

}  // namespace jupiter

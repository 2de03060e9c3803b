#include "planning/cost/pipeline_costs.h"

#include <algorithm>

#include "planning/cost/expected_bytes.h"

namespace jupiter {

double WireSecondsAtStart(const Link& link, double bytes) {
  return link.wire_seconds +
         8 * bytes / (link.bandwidth * link.efficiency * link.trace.FirstRate());
}

namespace {

bool SameHostCosts(const Link& a, const Link& b) {
  return a.host_seconds == b.host_seconds && a.host_seconds_per_byte == b.host_seconds_per_byte;
}

}  // namespace

PipelineCosts::PipelineCosts(const ModelShape& shape, const Cluster& cluster,
                             const std::vector<ModelTimer>& timers, const Plan& plan)
    : shape_(shape), cluster_(cluster), wire_(plan.wire), ranks_(PipelineRanks(plan)) {
  for (int rank : ranks_) {
    stages_.push_back({&timers[static_cast<std::size_t>(rank)], FirstLayer(plan, rank),
                       plan.layers[static_cast<std::size_t>(rank)], 0});
  }
  FindAlike();
  row_seconds_.resize(different_.size());
}

void PipelineCosts::FindAlike() {
  const auto is_end = [&](std::size_t stage) { return stage == 0 || stage + 1 == stages(); };
  for (std::size_t stage = 0; stage < stages(); ++stage) {
    // Stages with different layer types differ for every number of rows, so one number is enough.
    const auto same = std::find_if(different_.begin(), different_.end(), [&](std::size_t other) {
      return !is_end(stage) && !is_end(other) && stages_[stage].layers == stages_[other].layers &&
             stages_[stage].timer->SameDevice(*stages_[other].timer) &&
             ComputeRowSeconds(stage, 1) == ComputeRowSeconds(other, 1) &&
             SameHostCosts(OutLink(stage - 1), OutLink(other - 1)) &&
             SameHostCosts(OutLink(stage), OutLink(other));
    });
    stages_[stage].alike = static_cast<int>(same - different_.begin());
    if (same == different_.end()) different_.push_back(stage);
  }
}

const Link& PipelineCosts::OutLink(std::size_t stage) const {
  const int to = ranks_[(stage + 1) % stages()];
  return cluster_.links[static_cast<std::size_t>(ranks_[stage])][static_cast<std::size_t>(to)];
}

double PipelineCosts::MessageBytes(const PipelineBatch& batch) const {
  return static_cast<double>(
      HiddenMessage(batch.block.rows, shape_.config.hidden, wire_, batch.opens, batch.head_rows)
          .total());
}

double PipelineCosts::ComputeRowSeconds(std::size_t index, std::int64_t rows) const {
  const Stage& stage = stages_[index];
  double seconds = stage.timer->LayersWithoutAttention(stage.first_layer, stage.layers, rows) +
                   (index == 0 ? stage.timer->Embed(rows) : stage.timer->Import(wire_, rows));
  if (index + 1 < stages()) seconds += stage.timer->Export(wire_, rows);
  return seconds;
}

double PipelineCosts::RowSeconds(std::size_t stage, std::int64_t rows) const {
  auto& known = row_seconds_[static_cast<std::size_t>(stages_[stage].alike)];
  const auto found = known.find(rows);
  if (found != known.end()) return found->second;
  return known[rows] = ComputeRowSeconds(stage, rows);
}

double PipelineCosts::Device(std::size_t index, const PipelineBatch& batch) const {
  const Stage& stage = stages_[index];
  const double bytes = MessageBytes(batch);
  double seconds = RowSeconds(index, batch.block.rows);
  if (stage.layers > 0) seconds += stage.layers * stage.timer->Attention(batch.block);
  if (index > 0) seconds += OutLink(index - 1).HostSeconds(bytes);
  if (index + 1 < stages()) return seconds + OutLink(index).HostSeconds(bytes);
  return batch.head_rows == 0 ? seconds : seconds + stage.timer->Head(batch.head_rows);
}

double PipelineCosts::Wire(std::size_t stage, const PipelineBatch& batch) const {
  return WireSecondsAtStart(OutLink(stage), MessageBytes(batch));
}

double PipelineCosts::Slowest(const RowBlock& block) const {
  double slowest = 0;
  for (std::size_t stage : different_)
    slowest = std::max(slowest, Device(stage, {block, false, 0}));
  for (std::size_t stage = 0; stage + 1 < stages(); ++stage) {
    slowest = std::max(slowest, Wire(stage, {block, false, 0}));
  }
  return slowest;
}

double PipelineCosts::TokenReturn() const {
  if (stages() == 1) return 0;
  const Link& link = OutLink(stages() - 1);
  const auto bytes = static_cast<double>(TokenMessage().total());
  return 2 * link.HostSeconds(bytes) + WireSecondsAtStart(link, bytes) + link.latency;
}

}  // namespace jupiter

#include "parallel/strategies/pipeline.h"

#include <algorithm>

#include "kernels/base/check.h"
#include "planning/plan/slices.h"

namespace jupiter {
namespace {

// The stage of `rank` under the plan.
StageOptions OptionsOfSegment(const StrategyInputs& inputs) {
  const Plan& plan = inputs.plan;
  const int rank = inputs.transport.rank();
  StageOptions options;
  options.layer_begin = FirstLayer(plan, rank);
  options.layer_end = options.layer_begin + plan.layers[static_cast<std::size_t>(rank)];
  options.embedding = rank == Strategy::kSource;
  options.head = rank == PipelineRanks(plan).back();
  options.max_rows = inputs.capacity.prompt_rows;
  options.max_head_rows = inputs.capacity.head_rows;
  options.max_positions = inputs.capacity.positions;
  options.kv_positions = inputs.capacity.kv_positions;
  options.kv_dtype = plan.kv;
  options.quantise = inputs.quantise;
  options.rounding = RoundingOf(plan);
  options.resident_layers = inputs.resident_layers;
  return options;
}

bool TakesPart(const StrategyInputs& inputs) {
  const std::vector<int> ranks = PipelineRanks(inputs.plan);
  return std::find(ranks.begin(), ranks.end(), inputs.transport.rank()) != ranks.end();
}

}  // namespace

StageMemory Pipeline::PlanMemory(const StrategyInputs& inputs) {
  if (!TakesPart(inputs)) return {};
  return PlanStageMemory(inputs.device, inputs.checkpoint, OptionsOfSegment(inputs));
}

std::unique_ptr<Strategy> Pipeline::Build(const StrategyInputs& inputs) {
  return std::make_unique<Pipeline>(inputs);
}

Pipeline::Pipeline(const StrategyInputs& inputs)
    : transport_(inputs.transport),
      slices_(inputs.plan.slices),
      wire_(inputs.plan.wire),
      hidden_(inputs.checkpoint.config().hidden),
      limits_(LimitsOf(inputs)),
      ranks_(PipelineRanks(inputs.plan)) {
  const auto self = std::find(ranks_.begin(), ranks_.end(), transport_.rank());
  if (self == ranks_.end()) return;
  if (self != ranks_.begin()) previous_ = *(self - 1);
  if (self + 1 != ranks_.end()) next_ = *(self + 1);
  stage_ = std::make_unique<Stage>(inputs.device, inputs.checkpoint, OptionsOfSegment(inputs));
  if (previous_ >= 0) transport_.Expect(previous_, Channel::kBatch, kMostWaitingBatches);
}

Pipeline::~Pipeline() {
  if (previous_ >= 0) transport_.StopExpecting(previous_, Channel::kBatch);
}

std::optional<Batch> Pipeline::Receive() {
  JUPITER_CHECK(previous_ >= 0, "the source receives no batches");
  const Message message =
      transport_.Receive(previous_, Channel::kBatch, "hidden rows of the next batch");
  std::optional<Batch> batch = ReadBatch(transport_, message, previous_, limits_);
  if (!batch) {
    End();
    return std::nullopt;
  }
  const std::int64_t row_bytes = RowBytes(wire_, hidden_);
  const std::int64_t rows = batch->dropped ? 0 : batch->rows();
  if (std::ssize(message.payload()) != rows * row_bytes) {
    transport_.FailPeer(
        previous_, "hidden rows",
        fmt::format("{} bytes for {} rows of {} bytes", message.payload().size(), rows, row_bytes));
  }
  if (rows > 0) {
    stage_->device().Import(
        ConstTensorView{message.payload().data(), wire_, rows, hidden_, row_bytes},
        stage_->Input(rows));
  }
  return batch;
}

ConstTensorView Pipeline::Forward(const Batch& batch) {
  const TensorView hidden = stage_->Forward(batch);
  if (next_ >= 0) SendOn(batch, hidden);
  if (!IsHead() || batch.dropped || batch.head_rows() == 0) return {};
  return stage_->ComputeLogits();
}

void Pipeline::SendOn(const Batch& batch, ConstTensorView hidden) {
  const std::int64_t row_bytes = RowBytes(wire_, hidden_);
  Message message = BatchMessage(batch, static_cast<std::size_t>(hidden.rows * row_bytes));
  // The next batch may compute while this one is on its way out of the device.
  Readiness ready;
  if (hidden.rows > 0) {
    ready = stage_->device().ExportLater(
        hidden, TensorView{message.payload().data(), wire_, hidden.rows, hidden_, row_bytes});
  }
  transport_.Send(next_, Channel::kBatch, std::move(message), std::move(ready));
}

void Pipeline::End() {
  stage_->CloseAll();
  if (next_ < 0) return;
  transport_.Send(next_, Channel::kBatch, EndMessage());
}

std::vector<int> Pipeline::CutPrompt(int tokens) const {
  return jupiter::CutPrompt(slices_, tokens, static_cast<int>(ranks_.size()));
}

}  // namespace jupiter

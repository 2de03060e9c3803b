#include "parallel/strategies/lockstep.h"

#include <algorithm>

#include "kernels/base/check.h"
#include "planning/plan/slices.h"

namespace jupiter {
namespace {

// Pieces of a collective that may wait at a rank before it takes them.
constexpr int kMostWaitingPieces = 4;

int Before(const StrategyInputs& inputs) {
  const int size = inputs.transport.size();
  return (inputs.transport.rank() + size - 1) % size;
}

LayerShare ShareOf(const Plan& plan, const ModelConfig& config, int rank) {
  LayerShare share = LayerShare::Whole(config);
  if (!plan.shares.heads.empty()) {
    share.kv_head_begin = FirstOf(plan.shares.heads, rank);
    share.kv_head_end = FirstOf(plan.shares.heads, rank + 1);
  }
  if (!plan.shares.columns.empty()) {
    share.ffn_begin = FirstOf(plan.shares.columns, rank);
    share.ffn_end = FirstOf(plan.shares.columns, rank + 1);
  }
  return share;
}

StageOptions OptionsOfShare(const StrategyInputs& inputs) {
  return LockstepOptions(inputs.plan, inputs.checkpoint.config(), inputs.capacity, inputs.quantise,
                         inputs.transport.rank());
}

}  // namespace

StageOptions LockstepOptions(const Plan& plan, const ModelConfig& config, const Capacity& capacity,
                             std::optional<DType> quantise, int rank) {
  StageOptions options;
  options.layer_end = config.layers;
  options.embedding = true;
  options.head = rank == Strategy::kSource;
  options.share = ShareOf(plan, config, rank);
  options.max_rows = capacity.prompt_rows;
  options.max_head_rows = capacity.head_rows;
  options.max_positions = capacity.positions;
  options.kv_positions = capacity.kv_positions;
  options.kv_dtype = plan.kv;
  options.quantise = quantise;
  options.rounding = RoundingOf(plan);
  return options;
}

StageMemory Lockstep::PlanMemory(const StrategyInputs& inputs) {
  const int matrices = FindTraits(inputs.plan.strategy).sum_matrices;
  StageMemory memory = PlanStageMemory(inputs.device, inputs.checkpoint, OptionsOfShare(inputs));
  memory.activations += matrices * inputs.capacity.prompt_rows *
                        RowBytes(DType::kF32, inputs.checkpoint.config().hidden);
  return memory;
}

Lockstep::Lockstep(const StrategyInputs& inputs)
    : transport_(inputs.transport),
      plan_(inputs.plan),
      limits_(LimitsOf(inputs)),
      stage_(inputs.device, inputs.checkpoint, OptionsOfShare(inputs)),
      exchange_(inputs.transport, inputs.device, inputs.plan.wire),
      exact_(inputs.transport, inputs.device, DType::kF32, Channel::kHeadRows) {
  if (size() == 1) return;
  if (rank() != kSource) transport_.Expect(kSource, Channel::kBatch, kMostWaitingBatches);
  transport_.Expect(Before(inputs), Channel::kCollective, kMostWaitingPieces);
}

Lockstep::~Lockstep() {
  if (size() == 1) return;
  if (rank() != kSource) transport_.StopExpecting(kSource, Channel::kBatch);
  transport_.StopExpecting((rank() + size() - 1) % size(), Channel::kCollective);
}

std::optional<Batch> Lockstep::Receive() {
  const Message message = transport_.Receive(kSource, Channel::kBatch, "the next batch");
  std::optional<Batch> batch = ReadBatch(transport_, message, kSource, limits_);
  if (!batch) End();
  return batch;
}

bool Lockstep::Alone(const Batch&) { return false; }

std::optional<Batch> Lockstep::NewsOf(const Batch&) const { return std::nullopt; }

void Lockstep::Announce(const Batch& batch) {
  for (int other = 0; other < size(); ++other) {
    if (other != kSource) transport_.Send(other, Channel::kBatch, BatchMessage(batch, 0));
  }
}

ConstTensorView Lockstep::Forward(const Batch& batch) {
  bool alone = false;
  if (rank() == kSource) {
    alone = Alone(batch);
    const std::optional<Batch> news = alone ? NewsOf(batch) : batch;
    if (news) Announce(*news);
  }
  if (alone) {
    stage_.Forward(batch);
  } else {
    const BatchLayout& layout = stage_.Begin(batch);
    if (layout.rows() > 0) Compute(batch, layout);
    stage_.Finish(batch);
  }
  if (rank() != kSource || batch.head_rows() == 0) return {};
  return stage_.ComputeLogits();
}

void Lockstep::End() {
  stage_.CloseAll();
  if (rank() != kSource) return;
  for (int other = 0; other < size(); ++other) {
    if (other != kSource) transport_.Send(other, Channel::kBatch, EndMessage());
  }
}

std::vector<int> Lockstep::CutPrompt(int tokens) const {
  return jupiter::CutPrompt(plan_.slices, tokens, size());
}

void Lockstep::CollectHeadRows(const BatchLayout& layout, const Split& rows) {
  for (const std::int64_t row : layout.head_rows) {
    int owner = 0;
    while (RowsOf(rows, owner).end <= row) ++owner;
    if (owner == kSource) continue;
    const TensorView x = Residual({row, row + 1});
    if (rank() == owner) exact_.Send(kSource, exact_.Encode(x));
    if (rank() != kSource) continue;
    exact_.Decode(exact_.Receive(owner, x.rows, x.columns, "a row for the head"), x);
  }
}

bool GoesInTiles(const Batch& batch) {
  const bool settled = std::none_of(batch.items.begin(), batch.items.end(),
                                    [](const BatchItem& item) { return item.provisional; });
  return settled && batch.phase == BatchPhase::kPrompt && batch.rows() > 1;
}

bool LoneSequences::Take(const Batch& batch) {
  for (const SequenceOpening& opening : batch.open) {
    if (alone_.count(opening.parent) > 0) alone_.insert(opening.sequence);
  }
  const bool known =
      std::none_of(batch.items.begin(), batch.items.end(),
                   [&](const BatchItem& item) { return alone_.count(item.sequence) > 0; });
  if (known && GoesInTiles(batch)) return false;
  for (const BatchItem& item : batch.items) alone_.insert(item.sequence);
  return true;
}

Split SplitRows(const Plan& plan, std::int64_t rows, int ranks) {
  std::vector<double> weights(static_cast<std::size_t>(ranks), 1.0);
  const std::vector<int>& given = plan.shares.rows;
  if (!given.empty()) weights.assign(given.begin(), given.end());
  const std::vector<int> sizes = SplitByWeight(static_cast<int>(rows), 1, weights);
  return Split::OfRows({sizes.begin(), sizes.end()});
}

RowRange RowsOf(const Split& split, int rank) {
  std::int64_t begin = 0;
  for (int before = 0; before < rank; ++before) begin += split.size(before);
  return {begin, begin + split.size(rank)};
}

}  // namespace jupiter

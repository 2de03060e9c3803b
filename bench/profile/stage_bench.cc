#include "bench/profile/stage_bench.h"

#include <algorithm>
#include <cstddef>

#include "bench/flags/prompt.h"
#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "model/sampling/finite_check.h"
#include "model/sampling/logits_hash.h"
#include "model/sampling/sampler.h"
#include "parallel/transport/transport.h"

namespace jupiter {
namespace {

constexpr std::uint64_t kTokenSeed = 1;
// No tree of draft tokens is larger.
constexpr int kMostHeadRows = 64;

}  // namespace

StageBench::StageBench(Device& device, Checkpoint& checkpoint, const StageOptions& options,
                       OpSamples& samples)
    : device_(device),
      samples_(samples),
      tokens_(RandomPrompt(checkpoint.config(), static_cast<int>(options.max_rows), kTokenSeed)),
      stage_(device, checkpoint, options),
      scratch_(device.Allocate(DType::kF32, options.max_rows, checkpoint.config().hidden)),
      vocab_(checkpoint.config().vocab) {
  logits_.resize(static_cast<std::size_t>(options.max_head_rows * vocab_));
  device_.Observe(&samples_);
}

std::int64_t StageBench::HeadRows(const Shot& shot) {
  return shot.context == 0 && shot.rows <= kMostHeadRows ? shot.rows : 1;
}

void StageBench::AddContext(int context) {
  const auto sequence = static_cast<std::int32_t>(sequence_of_.size());
  sequence_of_[context] = sequence;
  const int most = static_cast<int>(tokens_.size());
  Batch batch;
  batch.open = {{sequence, context + most, -1}};
  for (int done = 0; done < context; done += most) {
    const auto rows = static_cast<std::size_t>(std::min(most, context - done));
    batch.items = CausalBatch(sequence, {tokens_.data(), rows}, false).items;
    stage_.Forward(batch);
    batch.open.clear();
  }
  if (context == 0) stage_.Forward(batch);
}

Batch StageBench::MakeBatch(const Shot& shot) const {
  const auto found = sequence_of_.find(shot.context);
  JUPITER_CHECK(found != sequence_of_.end(), "context {} was not added", shot.context);
  Batch batch =
      CausalBatch(found->second, {tokens_.data(), static_cast<std::size_t>(shot.rows)}, false);
  BatchItem& item = batch.items[0];
  item.provisional = true;  // the next batch finds the same context
  for (auto row = shot.rows - HeadRows(shot); row < shot.rows; ++row) {
    item.head_rows.push_back(static_cast<std::int32_t>(row));
  }
  return batch;
}

double StageBench::Fire(const Shot& shot) {
  const double ops_before = samples_.PendingSeconds();
  const double start = Now();
  const TensorView hidden = stage_.Forward(MakeBatch(shot));
  const double wall = Now() - start;
  const double between = wall - (samples_.PendingSeconds() - ops_before);
  RunHead();
  RunMessages(hidden);
  return between;
}

void StageBench::RunHead() {
  const ConstTensorView logits = stage_.ComputeLogits();
  device_.Export(logits, HostView(logits_.data(), logits.rows, logits.columns));
}

double StageBench::TakeToken() const {
  const std::span<const float> logits{logits_.data(), static_cast<std::size_t>(vocab_)};
  CheckLogits(logits, "the stage that is measured");
  const double start = Now();
  const std::int32_t token = SampleToken({}, logits, 0);
  // The token is part of the hash, so that the compiler drops neither.
  const std::uint64_t hash = HashLogits(logits) ^ static_cast<std::uint64_t>(token);
  const double seconds = Now() - start;
  JUPITER_CHECK(hash != 0);
  return seconds;
}

void StageBench::RunMessages(TensorView hidden) {
  // A fresh message each time, as in a run: its pages may be new to the process.
  for (const DType wire : {DType::kF32, DType::kF16, DType::kQ8_0}) {
    if (hidden.columns % BlockColumns(wire) != 0) continue;
    const std::int64_t row_bytes = RowBytes(wire, hidden.columns);
    const Message message(0, static_cast<std::size_t>(hidden.rows * row_bytes));
    const TensorView rows{message.payload().data(), wire, hidden.rows, hidden.columns, row_bytes};
    device_.Export(hidden, rows);
    device_.Import(rows, hidden);
    if (wire != DType::kF32) device_.Round(hidden, wire);
  }
  const TensorView sum = scratch_.Rows(0, hidden.rows);
  device_.Copy(hidden, sum);
  device_.Add(hidden, sum);
}

}  // namespace jupiter

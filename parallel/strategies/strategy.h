// A strategy distributes one model over the ranks and runs batches through it.
//
// Roles. The *source* is rank 0: it has the prompt and receives the tokens. The *head* is the rank
// that sees logits: the last stage of a pipeline, the source itself elsewhere. All other ranks
// serve.
//
// Flow. The source calls Forward for each batch and goes on as soon as its own part is done; every
// other rank that takes part loops over Receive and Forward, taking the batches of its one upstream
// neighbour in order. At the head, Forward returns logits; what becomes of them is the business of
// the decoding loop (parallel/decoding), which works over any strategy.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/batch/batch.h"
#include "model/checkpoint/checkpoint.h"
#include "model/config/model_shape.h"
#include "model/stage/stage.h"
#include "parallel/transport/transport.h"
#include "planning/plan/plan.h"
#include "planning/plan/strategy_traits.h"

namespace jupiter {

// The largest request a strategy is built for.
struct Capacity {
  std::int64_t prompt_rows = 1;  // rows of the largest batch
  std::int64_t head_rows = 1;    // of the largest batch
  int positions = 1;             // of one sequence, those that it shares with others included
  // Of all sequences at once, shared ones once; 0: those of one sequence.
  std::int64_t kv_positions = 0;
};

// What a strategy is built from. All references outlive it.
struct StrategyInputs {
  Transport& transport;
  Device& device;
  Checkpoint& checkpoint;
  Plan plan;
  Capacity capacity;
  std::optional<DType> quantise;
  // Layers of the source that stay in its memory, see StageOptions; none: all. For strategies that
  // stream.
  std::optional<int> resident_layers;
};

class Strategy {
 public:
  virtual ~Strategy() = default;
  Strategy(const Strategy&) = delete;
  Strategy& operator=(const Strategy&) = delete;

  static constexpr int kSource = 0;
  virtual int head() const = 0;
  // False on a rank that has nothing to do under this plan.
  virtual bool takes_part() const = 0;

  // Ranks that take part, but not the source: waits for the next batch. Nothing when the source
  // ended.
  virtual std::optional<Batch> Receive() = 0;
  // This rank's part of the batch. At the head: logits [head rows, vocab] in device memory, valid
  // until the next call. Elsewhere, and for a batch that is dropped or has no head rows: no rows.
  // Only batches that went on from others are dropped; strategies with one stage have none.
  virtual ConstTensorView Forward(const Batch& batch) = 0;
  // Source: tells all others that no batch follows, and closes every sequence everywhere. The next
  // Forward begins anew.
  virtual void End() = 0;

  // Lengths of the slices in which the source should submit a prompt.
  virtual std::vector<int> CutPrompt(int tokens) const = 0;
  // Batches that can be computed at the same time: one stage each.
  virtual int stages() const { return 1; }

  // Of the rank that computes logits, for draft heads, which read what the output matrix reads: the
  // hidden rows of the last Forward after the final norm, one for each row of its logits [head
  // rows, hidden] and valid as long as those; and the output matrix itself.
  virtual ConstTensorView HeadInput() const = 0;
  virtual std::shared_ptr<const Weight> HeadWeight() const = 0;

 protected:
  Strategy() = default;
};

// What `adapt` needs beside the plan.
struct AdaptInputs {
  const ModelShape& shape;
  std::vector<double> speeds;  // of each rank, in some unit; equal where nobody measured
};

// A strategy as the registry knows it.
struct StrategyEntry {
  StrategyTraits traits;
  // Makes a plan whose layers are split over the ranks into one that this strategy executes.
  std::function<void(Plan& plan, const AdaptInputs& inputs)> adapt;
  // Memory of this rank under the plan; zero for ranks that hold nothing.
  std::function<StageMemory(const StrategyInputs&)> plan_memory;
  // Builds this rank's part; throws UserError where this rank cannot (agree afterwards).
  std::function<std::unique_ptr<Strategy>(const StrategyInputs&)> build;
};

// Makes another strategy known, in this program, everywhere: runs, emulation, plans, suites and
// formulas. To be called before anything else asks for strategies. docs/extend.md has an example.
void AddStrategy(StrategyEntry entry);
// Makes the strategies of this folder known; programs call it first.
void AddBuiltInStrategies();

// All strategies, in the order of reports.
const std::vector<StrategyEntry>& Strategies();
// Throws UserError that lists the known names.
const StrategyEntry& FindStrategy(std::string_view name);
// The strategy of runs that name none, and the one that computes in one process, which the others
// are compared with.
const StrategyTraits& DefaultStrategy();
const StrategyTraits& OneProcess();

}  // namespace jupiter

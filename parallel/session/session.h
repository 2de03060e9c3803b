// One model, spread over the ranks by one strategy, ready for requests.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parallel/decoding/generate.h"
#include "parallel/decoding/medusa_drafter.h"
#include "parallel/decoding/model_drafter.h"
#include "parallel/session/preflight.h"
#include "parallel/session/slowdown.h"
#include "parallel/strategies/strategy.h"

namespace jupiter {

// Where a session's plan has its layers from.
enum class LayerSplit : std::uint8_t {
  kEqual,  // as many for every rank, in the order of ranks
  kSpeed,  // in proportion to the ranks' speeds, measured at start
  kGiven,  // as the plan says
};

struct SessionOptions {
  // The plan as far as it is decided on. The strategy fills in what is left open: layers (see
  // `split`), shares, and slices that do not apply to it.
  Plan plan{.strategy = DefaultStrategy().name,
            .layers = {},
            .order = {},
            .slices = {.kind = SlicePolicy::Kind::kAuto, .lengths = {}},
            .shares = {},
            .reference_boundaries = {},
            .reference_of = {}};
  LayerSplit split = LayerSplit::kEqual;
  std::optional<DType> quantise;
  std::int64_t memory_limit = 0;  // bytes of each rank; 0: what its host has available
  // Layers that the source has no memory for are read from the checkpoint for every batch.
  bool stream = false;
  std::vector<double> slowdown;  // per rank, see Slowdown; empty: as fast as they are
  // For waits for ranks that load: loading takes longer than any message, and the slowest disk
  // decides.
  double load_deadline_seconds = 600;
  int prompt_tokens = 1;         // of the longest prompt, a prefix that it goes on from included
  bool shorter_prompts = false;  // prompts of fewer tokens come, too
  int max_tokens = 1;            // of the longest answer
  int step_rows = 1;             // of an item of a decoding step at most: 1, or those of a draft
  int in_flight = 1;  // items of one request at once; above 1 it speculates continuously,
                      // with one item for every stage at most
  int requests = 1;   // at once
  // Requests in a batch of steps when all run; 0: as many as leave a batch for every stage and for
  // every link between two of them.
  int group = 0;
  // Of all requests at once, shared prefixes once; 0: `requests` times those of the longest.
  std::int64_t kv_positions = 0;
  std::string medusa;       // draft heads, for the head rank, see OpenMedusa; empty: none
  int medusa_heads = 0;     // the first so many; 0: all
  int medusa_ranks = 10;    // candidates of each
  std::string draft_model;  // a small model that drafts at the source; empty: none
  int draft_length = 4;     // tokens of its drafts
};

// What decides on the tokens of a run, beside the model. The same on all ranks, but for the
// drafter.
struct RunOptions {
  SamplingOptions sampling;
  Drafter* drafter = nullptr;  // at the source; null: plain decoding
  bool drafts = false;         // whether there is one
  // For a device that computes nothing: how drafts are accepted; none: only their roots are.
  std::optional<DrawnDrafts> drawn;
};

class Session {
 public:
  // Plans and checks without loading: every rank calls it together. Throws UserError (the same on
  // all ranks) when ranks disagree about program, model or plan.
  Session(Transport& transport, Device& device, Checkpoint& checkpoint,
          const SessionOptions& options);

  const Plan& plan() const { return plan_; }
  // Names the function that is computed: model fingerprint, weight and KV types, and every rounding
  // on the way. Two runs with the same key must give the same bits.
  const std::string& numerics_key() const { return numerics_key_; }
  bool is_source() const { return transport_.rank() == Strategy::kSource; }
  // Of one sequence and of one answer, at most.
  int positions() const { return capacity_.positions; }
  int max_tokens() const { return options_.max_tokens; }
  // Ranks that have nothing to do.
  std::vector<int> idle_ranks() const;
  // Batches that can be computed at the same time.
  int stages() const;
  const std::vector<RankMemory>& memory() const { return memory_; }
  // With SessionOptions::stream: see ShowStreaming. Empty without.
  std::string streaming() const;

  // What drafts at the source once it is loaded; null without SessionOptions::draft_model.
  Drafter* draft_model() const { return draft_model_.get(); }

  // Loads this rank's weights. Throws UserError on all ranks when the memory of some host or rank
  // does not suffice, or some rank cannot load.
  void Load();
  double load_seconds() const { return load_seconds_; }
  // From the checkpoint since then, by this rank.
  std::int64_t bytes_read() const { return checkpoint_.bytes_read() - bytes_before_load_; }

  // See Generate; idle ranks wait here until the requests are done. `recorder` may be null. Throws
  // UserError on all ranks when a token cannot be told, as of logits that are not finite.
  std::vector<Generation> Run(const RequestSet& set, const RunOptions& options,
                              const RequestObserver& observer, Recorder* recorder);
  // One request, decoded plainly and greedily. On a device that computes nothing its steps have
  // SessionOptions::step_rows rows, of which the first is accepted.
  Generation Run(const Request& request, const RequestObserver& observer, Recorder* recorder);

 private:
  StrategyInputs Inputs() const;
  DecodingOptions DecodingFor(const RunOptions& options, TargetJudge& judge, bool recorded);
  // See DecodingOptions.
  std::vector<int> CancelledRanks(const DraftPolicy& draft, bool recorded) const;
  void PlanCapacity();
  // Batches of steps in flight at once, see DecodingOptions.
  int MostBatches() const;
  MedusaDrafterOptions MedusaDrafting() const;
  ModelDrafterOptions ModelDrafting() const;
  // Also finds out whether this rank can have its drafts.
  StageMemory PlanDrafts();
  void LoadDrafts();
  void PlanMemory();
  OpObserver* ObserverOf(OpObserver* observer);
  void WaitForOthers();
  // The source's error, if it has one.
  void ThrowTogether(const std::string& error);

  Transport& transport_;
  Device& device_;
  Checkpoint& checkpoint_;
  SessionOptions options_;
  Slowdown slowdown_;
  Plan plan_;
  std::string numerics_key_;
  Capacity capacity_;
  std::optional<int> resident_layers_;  // of this rank, see StrategyInputs
  std::vector<RankMemory> memory_;      // by rank
  std::unique_ptr<Strategy> strategy_;
  std::unique_ptr<HeadDrafter> head_drafter_;  // at the head, where there are draft heads
  // At the source, where there is a draft model: its file until it is loaded.
  std::unique_ptr<Checkpoint> draft_checkpoint_;
  std::unique_ptr<Drafter> draft_model_;
  double load_seconds_ = 0;
  std::int64_t bytes_before_load_ = 0;  // of the checkpoint
};

}  // namespace jupiter

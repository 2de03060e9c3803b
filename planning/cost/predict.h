// What a pipeline plan will take on a testbed: the recurrence of
// planning/partition/sequence_partition.h with every link as a stage of its own, and host overheads
// where they occur.
//
// Exact (to rounding) for switched networks whose links and devices keep their speed: then it is
// what a replay of the recorded run gives. Predictions use the first speed above zero of every
// trace all the time, and take a link of a shared medium as free whenever its own sender is. What
// traces and other messages do later, only the replay sees; Prediction::notes says so.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "planning/cost/memory_model.h"
#include "planning/cost/pipeline_costs.h"
#include "planning/plan/obstacle.h"
#include "planning/plan/plan.h"
#include "planning/testbed/cluster.h"
#include "planning/testbed/op_costs.h"

namespace jupiter {

// What is planned for. References outlive it.
struct PlanningTask {
  const ModelShape& shape;
  const Cluster& cluster;
  int prompt_tokens = 1;
  int tokens = 1;  // of the answer
  DType wire = DType::kF32;
  DType residual = DType::kF32;
  int min_slice = 32;
  DraftHeads drafts = {};          // on the last stage of every plan
  bool any_order = false;          // planners may order the devices after the first, if they can
  std::int64_t all_positions = 0;  // see RequestShape

  // For batches of the prompt of at most so many rows.
  RequestShape Request(int largest_slice) const {
    return {prompt_tokens, tokens, largest_slice, drafts, all_positions};
  }
};

// The same task on other devices. The references of both outlive it.
PlanningTask OnCluster(const PlanningTask& task, const Cluster& cluster);

struct LinkTraffic {
  int from = 0;
  int to = 0;
  std::int64_t prefill_bytes = 0;    // frames and headers included
  std::int64_t bytes_per_token = 0;  // of a decode step
};

struct DeviceMemory {
  MemoryNeed need;
  std::int64_t budget = 0;
  Fit fit = Fit::kFits;
};

struct SliceSpan {
  int slice = 0;
  double begin = 0;
  double end = 0;
};

// Whether a plan is possible, whatever time it takes.
struct PlanCheck {
  bool feasible = false;
  Obstacle obstacle = Obstacle::kNone;
  std::string reason;  // when not: which device, how many bytes short, what would help
  std::vector<int> slices;
  std::vector<DeviceMemory> memory;  // by rank
};

struct Prediction : PlanCheck {
  double ttft = 0;  // seconds
  double tpot = 0;  // mean over the decode steps; 0 for one token
  double e2el = 0;  // ttft + (tokens - 1) tpot
  // Seconds of a verification step with the task's draft heads, at the middle context; 0 without.
  // How many tokens one accepts is not known here, so tpot and e2el are those of plain decoding.
  double verification = 0;
  double bubble = 0;  // share of the stages' time until the last slice in which they idle
  std::vector<LinkTraffic> links;                // along the pipeline, then the way back
  std::vector<int> ranks;                        // the stages
  std::vector<std::vector<SliceSpan>> timeline;  // [stage]: prefill
  std::vector<std::string> notes;                // what the times leave out, a sentence each
};

// Predicts pipelines on the cluster of a task; keeps its devices' cost models.
class Predictor {
 public:
  explicit Predictor(const PlanningTask& task);

  const PlanningTask& task() const { return task_; }
  const ModelTimer& timer(int device) const { return timers_[static_cast<std::size_t>(device)]; }
  PipelineCosts CostsOf(const Plan& plan) const {
    return {task_.shape, task_.cluster, timers_, plan};
  }
  // Slices as plan.slices says for the task's prompt, and whether there is memory for them; of any
  // plan.
  PlanCheck Check(const Plan& plan) const;
  // Everything for a pipeline.
  Prediction Predict(const Plan& plan) const;
  // Seconds of a decode step of that many rows, all with logits, at the middle context of the task.
  double Step(const PipelineCosts& costs, int rows) const;
  // The same with the task's draft heads: a verification step.
  double Verification(const PipelineCosts& costs, int rows) const;

 private:
  void FillTraffic(const Plan& plan, Prediction& prediction) const;
  void FillDecode(const PipelineCosts& costs, Prediction& prediction) const;

  PlanningTask task_;
  std::vector<std::shared_ptr<const OpCosts>> costs_;  // by device; equal profiles share one
  std::vector<ModelTimer> timers_;                     // by device
};

// Seconds from the start to the first token, for a prompt in these slices.
double PredictTtft(const PipelineCosts& costs, const std::vector<int>& slices);

// What predictions of times on this cluster leave out, a sentence each: traces, a shared medium.
std::vector<std::string> PredictionNotes(const Cluster& cluster);

// "NAME is N B short: ...": of a device that lacks memory.
std::string Shortage(const std::string& device, const DeviceMemory& memory,
                     const ModelShape& shape);
// One line: which device lacks how much, and what would help. Empty when all fits.
std::string ShortageLine(const PlanningTask& task, const std::vector<DeviceMemory>& memory);

}  // namespace jupiter

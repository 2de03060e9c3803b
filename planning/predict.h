// What a pipeline plan will take on a testbed: the recurrence of planning/sequence_partition.h with
// every link as a stage of its own, host overheads counted where they fall.
//
// Exact (to rounding) for switched networks whose links and devices keep their pace: then it is
// what a replay of the recorded run gives. On a shared medium, and with traces, messages of
// different links meet, which only the replay sees.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "planning/cluster.h"
#include "planning/memory_model.h"
#include "planning/model_timer.h"
#include "planning/plan.h"

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
};

struct LinkTraffic {
  int from = 0;
  int to = 0;
  std::int64_t prefill_bytes = 0;       // frames and headers included
  std::int64_t bytes_per_token = 0;     // of a decode step
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

struct Prediction {
  bool feasible = false;
  std::string reason;  // when not: which device, how many bytes short, what would help
  std::vector<int> slices;
  double ttft = 0;    // seconds
  double tpot = 0;    // mean over the decode steps; 0 for one token
  double e2el = 0;    // ttft + (tokens - 1) tpot
  double bubble = 0;  // share of the stages' time until the last slice in which they idle
  std::vector<DeviceMemory> memory;               // by rank
  std::vector<LinkTraffic> links;                 // along the pipeline, then the way back
  std::vector<int> ranks;                         // the stages
  std::vector<std::vector<SliceSpan>> timeline;   // [stage]: prefill
};

// Predicts pipelines on the cluster of a task; keeps its devices' cost models.
class Predictor {
 public:
  explicit Predictor(const PlanningTask& task);

  const PlanningTask& task() const { return task_; }
  const ModelTimer& timer(int device) const { return timers_[static_cast<std::size_t>(device)]; }
  // Everything for a plan. Slices as plan.slices says for the task's prompt.
  Prediction Predict(const Plan& plan) const;
  // TTFT alone, for slices under this plan's layers, memory not regarded.
  double Ttft(const Plan& plan, const std::vector<int>& slices) const;
  // Seconds that a block of rows takes at a stage, messages' host work included.
  double StageSeconds(const Plan& plan, std::size_t stage, const RowBlock& block, bool opens,
                      std::int64_t head_rows) const;

 private:
  struct Prefill;
  Prefill RunPrefill(const Plan& plan, const std::vector<int>& slices) const;
  double DecodeStep(const Plan& plan, std::int64_t before) const;
  double TokenReturn(const std::vector<int>& ranks) const;
  const Link& LinkOf(int from, int to) const;
  void FillMemory(const Plan& plan, Prediction& prediction) const;
  void FillTraffic(const Plan& plan, Prediction& prediction) const;

  PlanningTask task_;
  std::vector<std::shared_ptr<const OpCosts>> costs_;  // by device; equal profiles share one
  std::vector<ModelTimer> timers_;                     // by device
};

// One line: which device lacks how much, and what would help.
std::string ShortageLine(const PlanningTask& task, const std::vector<DeviceMemory>& memory);

}  // namespace jupiter

// What one batch costs at each stage and link of a pipeline plan.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "planning/cost/model_timer.h"
#include "planning/plan/plan.h"
#include "planning/testbed/cluster.h"

namespace jupiter {

// A batch of one sequence on its way through the pipeline.
struct PipelineBatch {
  RowBlock block;
  bool opens = false;          // it is the first of its sequence
  std::int64_t head_rows = 0;  // rows that need logits
};

// A message's seconds on the wire at the bandwidth that the link's trace begins with.
double WireSecondsAtStart(const Link& link, double bytes);

// Remembers times by number of rows, so it is not for several threads at once. References outlive
// it.
class PipelineCosts {
 public:
  // `timers` by device of the cluster.
  PipelineCosts(const ModelShape& shape, const Cluster& cluster,
                const std::vector<ModelTimer>& timers, const Plan& plan);

  const std::vector<int>& ranks() const { return ranks_; }
  std::size_t stages() const { return ranks_.size(); }
  // Seconds that a stage's device is busy: receiving, computing, sending.
  double Device(std::size_t stage, const PipelineBatch& batch) const;
  // Seconds that the link after a stage is busy, and its latency.
  double Wire(std::size_t stage, const PipelineBatch& batch) const;
  double Latency(std::size_t stage) const { return OutLink(stage).latency; }
  // The slowest device or link for a slice: the t(length, offset) of the sequence partition.
  double Slowest(const RowBlock& block) const;
  // From the head's logits to the token at the source.
  double TokenReturn() const;

 private:
  struct Stage {
    const ModelTimer* timer = nullptr;
    int first_layer = 0;
    int layers = 0;
    int alike = 0;  // stages with the same number keep their devices busy for the same time
  };
  const Link& OutLink(std::size_t stage) const;
  double MessageBytes(const PipelineBatch& batch) const;
  // What depends on the number of rows only.
  double RowSeconds(std::size_t stage, std::int64_t rows) const;
  double ComputeRowSeconds(std::size_t stage, std::int64_t rows) const;
  void FindAlike();

  const ModelShape& shape_;
  const Cluster& cluster_;
  DType wire_;
  std::vector<int> ranks_;
  std::vector<Stage> stages_;
  std::vector<std::size_t> different_;                               // a stage of each kind
  mutable std::vector<std::map<std::int64_t, double>> row_seconds_;  // [alike]
};

}  // namespace jupiter

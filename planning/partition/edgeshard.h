// EdgeShard's planners (Zhang et al., IEEE IoT-J 2025, arXiv 2405.14371): consecutive layers on a
// subset of the devices; the first stage is on the source.
//
//   latency     minimises the sum of stage and transfer times of one token (or prompt), with the
//               token id's way back
//   throughput  minimises the slowest stage or transfer; the id's way back blocks neither
//   all         as latency, among the plans that leave no device out: what the dynamic program
//               would do if it had to use every device
//
// Exact over subsets of devices up to kMostExactDevices. Above that the paper's heuristic, in which
// each state remembers the memory that its own path has used. The path that was fastest so far may
// have used up the memory that its last layers need, for example on equal devices whose memory is
// just enough: there the paper's heuristic finds nothing. Beyond the paper, such a problem then
// gets the best pipeline that takes the devices in their order (some may be left out), or, when
// none of those fits either, in the order of falling memory. `all` does the same with every device,
// without the heuristic, which cannot be made to use each one. In all of them a device has at most
// one stage.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "planning/partition/stage_table.h"

namespace jupiter {

inline constexpr int kMostExactDevices = 12;

// Device 0 is the source, and has layer 0.
struct EdgeShardProblem : StageProblem {
  std::vector<double> return_seconds;  // [device]: the token id back; [0] is not used
};

enum class EdgeShardSearch : std::uint8_t { kExact, kHeuristic, kOrdered };

struct EdgeShardPlan {
  bool feasible = false;
  Obstacle obstacle = Obstacle::kNone;
  std::string reason;                                // when not feasible
  std::vector<int> order;                            // devices of the stages, source first
  std::vector<int> layers;                           // [stage], all positive
  double seconds = 0;                                // the objective's value
  EdgeShardSearch search = EdgeShardSearch::kExact;  // what found it, or gave up
  bool exact() const { return search == EdgeShardSearch::kExact; }
};

EdgeShardPlan PlanEdgeShardLatency(const EdgeShardProblem& problem);
EdgeShardPlan PlanEdgeShardThroughput(const EdgeShardProblem& problem);
// At least one layer for every device.
EdgeShardPlan PlanEdgeShardOnAll(const EdgeShardProblem& problem);

}  // namespace jupiter

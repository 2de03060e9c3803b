// EdgeShard's planners (Zhang et al., IEEE IoT-J 2025, arXiv 2405.14371): consecutive layers on a
// subset of the devices; the first stage is on the source.
//
//   latency     minimises the sum of stage and transfer times of one token (or prompt), with the
//               token id's way back
//   throughput  minimises the slowest stage or transfer; the id's way back holds up neither
//   all         as latency, among the plans that leave no device out: what the programmes would
//               do if they had to use what there is
// Exact over subsets of devices up to kMostExactDevices; above that the paper's heuristic, in which
// each state of the programme remembers the memory its own path has used. A path that was fastest
// so far can have left behind the memory that its last layers need, as it does on like devices
// whose memory is just enough: there the paper's heuristic finds nothing. Beyond the paper, such a
// problem then gets the best pipeline that takes the devices in their order (some may be left out),
// or, when none of those fits either, in the order of falling memory. So does `all`, with every
// device, without asking the heuristic, which cannot be made to use one. A device has one stage at
// most in all of them.
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
  EdgeShardSearch search = EdgeShardSearch::kExact;  // that found it, or gave up
  bool exact() const { return search == EdgeShardSearch::kExact; }
};

EdgeShardPlan PlanEdgeShardLatency(const EdgeShardProblem& problem);
EdgeShardPlan PlanEdgeShardThroughput(const EdgeShardProblem& problem);
// At least one layer for every device.
EdgeShardPlan PlanEdgeShardOnAll(const EdgeShardProblem& problem);

}  // namespace jupiter

// EdgeShard's planners (Zhang et al., IEEE IoT-J 2025, arXiv 2405.14371): consecutive layers on a
// subset of the devices; the first stage is on the source.
//
//   latency     minimises the sum of stage and transfer times of one token (or prompt), with the
//               token id's way back
//   throughput  minimises the slowest stage or transfer; the id's way back holds up neither
// Exact over subsets of devices up to kMostExactDevices; above that the paper's heuristic, in which
// each state of the programme remembers the memory its own path has used. A device has one stage at
// most, in the heuristic as well.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jupiter {

inline constexpr int kMostExactDevices = 12;

struct EdgeShardProblem {
  std::vector<std::vector<double>> layer_seconds;  // [device][layer]
  std::vector<double> embed_seconds;               // [device]; device 0 is the source, has layer 0
  std::vector<double> head_seconds;                // [device]
  std::vector<std::vector<double>> send_seconds;   // [from][to]: the output of a stage
  std::vector<double> return_seconds;              // [device]: the token id back; [0] is not used
  std::vector<std::int64_t> layer_bytes;           // [layer]
  std::int64_t embed_bytes = 0;                    // on the source
  std::int64_t head_bytes = 0;                     // on the last stage's device
  std::vector<std::int64_t> fixed_bytes;           // [device], if used
  std::vector<std::int64_t> budget;                // [device]
};

struct EdgeShardPlan {
  bool feasible = false;
  std::string reason;       // when not feasible
  std::vector<int> order;   // devices of the stages, source first
  std::vector<int> layers;  // [stage], all positive
  double seconds = 0;       // the objective's value
  bool exact = true;        // false: the heuristic found it
};

EdgeShardPlan PlanEdgeShardLatency(const EdgeShardProblem& problem);
EdgeShardPlan PlanEdgeShardThroughput(const EdgeShardProblem& problem);

}  // namespace jupiter

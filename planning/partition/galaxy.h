// Galaxy's planner (Ye et al., INFOCOM 2024, arXiv 2405.17245): heterogeneity- and memory-aware
// shares of attention heads and feed-forward columns.
//
//   1. Capacity V_d = 1 / (seconds of one whole block of attention and MLP on device d); heads and
//      columns in proportion to V, rounded by largest remainder, columns in units of the grain.
//   2. Memory: a device whose share does not fit gives up columns, then heads, to devices with room
//      in proportion to their V, until none overflows. One that has given up anything gets no more.
//
// Units are whole, so the second step may find no receiver although there are shares that fit.
// Then, and beyond the paper, the shares come from an exact dynamic program that looks at memory
// alone, so that `feasible` is exact. The shares need not minimise slowest_seconds in any case.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "planning/plan/obstacle.h"

namespace jupiter {

struct GalaxyProblem {
  int heads = 0;                          // units that attention can be cut in (KV heads)
  int columns = 0;                        // of the MLP
  int grain = 1;                          // columns are cut at multiples of it
  std::vector<double> attention_seconds;  // [device], whole block
  std::vector<double> mlp_seconds;        // [device], whole block
  std::int64_t attention_bytes = 0;       // of all layers, whole: weights and KV
  std::int64_t mlp_bytes = 0;             // of all layers, whole
  std::vector<std::int64_t> fixed_bytes;  // [device]: embedding, head, norms, buffers
  std::vector<std::int64_t> budget;       // [device]
  std::vector<std::string> names;         // [device], for messages; may be empty
  std::string memory_help = kMemoryHelp;  // against missing memory, for messages
};

struct GalaxyShares {
  bool feasible = false;
  Obstacle obstacle = Obstacle::kNone;
  std::string reason;          // when not feasible: bytes short in all
  std::vector<int> heads;      // [device], adding up
  std::vector<int> columns;    // [device], adding up
  double slowest_seconds = 0;  // max over devices of attention share + max of MLP share
};

GalaxyShares PlanGalaxy(const GalaxyProblem& problem);

}  // namespace jupiter

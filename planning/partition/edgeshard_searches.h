// The dynamic programs that EdgeShard's planners are made of.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "planning/partition/edgeshard.h"
#include "planning/partition/stage_table.h"

namespace jupiter {

enum class EdgeShardObjective : std::uint8_t { kLatency, kThroughput };
// Which devices a plan may leave out: all but the source, or none.
enum class EdgeShardDevices : std::uint8_t { kAny, kAll };

// How one more stage or transfer changes the cost of a plan.
inline double Extend(EdgeShardObjective objective, double so_far, double seconds) {
  return objective == EdgeShardObjective::kLatency ? so_far + seconds : std::max(so_far, seconds);
}

// All begin with layer 0 on the table's source, which must be device 0, and add last[device of the
// last stage] as a transfer. They do not touch reason, obstacle and search of plans.

// DP(S, j, i): layers before i on the set S of devices, the last of them on j. A device's whole
// segment is one step, so its memory is known. O(2^|D| |D| (L^2 + L |D|)) time, 16 bytes for each
// state. Of equally good plans one with the fewest devices.
EdgeShardPlan ExactEdgeShard(const StageTable& stages, EdgeShardObjective objective,
                             EdgeShardDevices devices, const std::vector<double>& last);

// DP(i, j) of the paper: layer i on j. Each state keeps one path only, which has used some memory
// and left some devices for good, so a better plan, or the only one, can be missed. O(L |D|^2)
// steps that each look through a path of at most |D| devices.
EdgeShardPlan HeuristicEdgeShard(const StageTable& stages, EdgeShardObjective objective,
                                 const std::vector<double>& last);

// The best pipeline among those that take devices in rising order, else in that of falling memory.
EdgeShardPlan OrderedEdgeShard(const StageTable& stages, EdgeShardObjective objective,
                               EdgeShardDevices devices, const std::vector<double>& last);

}  // namespace jupiter

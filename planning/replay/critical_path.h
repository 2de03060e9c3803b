// Why a replay took as long as it did. For replays with ReplayOptions::details.
#pragma once

#include <vector>

#include "planning/replay/simulator.h"

namespace jupiter {

// A stretch of the critical path.
struct PathPart {
  enum class Kind : std::uint8_t {
    kCompute,  // `rank` computes `op`
    kHost,     // `rank` handles messages
    kWire,     // a message of `rank` to `peer` that the path goes by occupies a link
    kLatency,
    kQueue,  // it waits meanwhile for one of `rank` to `peer`, which occupies the same link
  };
  Kind kind = Kind::kCompute;
  OpKind op = OpKind::kCopy;
  int rank = 0;
  int peer = -1;
  double begin = 0;
  double end = 0;
};

// What `rank` got to `until` by, back to `from`: at every moment the one thing without which it
// would have gone on earlier. In order of time, each part begins where the one before ends. Where a
// message waits in a queue, the path goes by those before it: so it consists of what takes time by
// itself. `until` is the time of a mark of the rank.
std::vector<PathPart> CriticalPath(const Replay& replay, int rank, double from, double until);

// How a rank spent the time between two moments.
struct RankTimes {
  double compute = 0;
  double host = 0;
  std::vector<double> waits;  // by rank: for its messages
  double idle = 0;            // after its last event
};
std::vector<RankTimes> TimesOfRanks(const Replay& replay, double from, double until);

}  // namespace jupiter

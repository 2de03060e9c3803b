// How long a round of requests takes that decode side by side in a pipeline: one step of each.
//
// Batches of a round follow one another through stages and links. So a round takes as long as one
// batch needs from the source around and back, or as long as all of them keep the busiest stage or
// link, whichever is more:
//
//   R = max(sum t_d + sum c + return, B max over stages and links of their busy time per batch)
//
// with everything that a message has on the wire: hidden rows, headers, tokens back.
#pragma once

#include <cstdint>
#include <vector>

#include "planning/record/record.h"
#include "planning/replay/testbed.h"

namespace jupiter {

// Seconds per batch of steps.
struct BatchWork {
  std::vector<double> stages;  // in pipeline order: a device is busy, with ops and messages
  // Occupied: after each stage, the last one is the way back to the source; none for one stage.
  std::vector<double> links;
  double latency = 0;  // of all links together

  // From the source around and back, when nothing is in the way.
  double Pass() const;
  double Busiest() const;
};

struct RoundTime {
  double seconds = 0;
  double in_flight = 0;  // batches in flight: all of them, until the source has taken up the tokens
  double at_work = 0;    // of them, on a device or a link, mean; the others wait in queues
  double utilisation = 0;  // share of the time that a device is busy, mean over the stages
};

// Of `batches` a round.
RoundTime PredictRound(const BatchWork& work, int batches);

// The work of a recorded run's batches of steps: means over `count` of them from batch `first` on
// (from 0, prompts not counted; every stage takes all batches in the same order). `stages`: ranks
// in pipeline order, the source first. CHECKs that there are as many.
BatchWork BatchWorkOf(const RunRecord& record, const Testbed& testbed,
                      const std::vector<int>& stages, std::size_t first, std::size_t count);

}  // namespace jupiter

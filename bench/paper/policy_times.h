// What a replay says about the run of a policy: phases, and how full the pipeline was.
#pragma once

#include <vector>

#include "bench/emulate/shape_run.h"
#include "planning/plan/plan.h"
#include "planning/replay/simulator.h"

namespace jupiter {

// Of requests that decode side by side, from when all of them do until the first one is through.
struct RoundFacts {
  double seconds = 0;      // between two steps of one request, the median; 0: no request has two
  double in_flight = 0;    // requests whose step is in flight, mean
  double utilisation = 0;  // share of the time in which a stage computes, mean over the stages
  // The batches of steps in it, counted over the run.
  std::size_t first_batch = 0;
  std::size_t batches = 0;
  double items = 0;  // requests in one of them, mean
};

struct PolicyTimes {
  double ttft = 0;      // to the first token of the answer
  double e2e = 0;       // to its last one
  double skeleton = 0;  // until the outline was known; 0 without
  // Seconds per token from when all of several requests have their first token; 0 of one request.
  double settled = 0;
  std::vector<double> stamps;  // when the source knew tokens of the answer
  RoundFacts round;            // of the answer's requests
};

// Of a replay with spans.
PolicyTimes TimesOf(const ShapeRun& run, const Plan& plan, const Replay& replay);

}  // namespace jupiter

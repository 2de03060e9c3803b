// Ping-pong between ranks, over the transport that runs use.
#pragma once

#include <vector>

#include "bench/profile/link_fit.h"
#include "parallel/transport/transport.h"

namespace jupiter {

struct LinkMeterOptions {
  double seconds = 1;         // of one ordered pair, about; every size is measured 5 times at least
  double most_seconds = 0.5;  // after a size whose exchange takes longer, no larger one is measured
};

// Times of messages from each rank to each other one, one pair after the other while the rest
// waits: [from][to] at rank 0, nothing elsewhere. Collective.
//
// A message of some size goes out and an empty one comes back; the one-way time is the median round
// trip less half the shortest one. So directions are told apart by bandwidth, not by latency.
LinkTimes MeasureLinks(Transport& transport, const LinkMeterOptions& options);

}  // namespace jupiter

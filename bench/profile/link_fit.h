// The terms of a link (planning/testbed/cluster.h) from ping-pong times.
//
// A message of b bytes takes one way  T(b) = c + s b  and keeps its sender busy for
// S(b) = h + g b.  Both lines are least squares on the medians, weighted by 1 / time^2 so that
// every size counts by its relative error, with terms below zero set to zero. Then
//   host_seconds = h, host_seconds_per_byte = g    (the receiver is taken to be as busy),
//   latency = c - 2 h,  bandwidth = 8 / (s - 2 g)  (bit/s).
// Ping-pong cannot tell what each message costs on the wire from latency: wire_seconds is 0. Nor
// can it tell g where the sender's time hardly grows with the size: then g is 0.
#pragma once

#include <string>
#include <vector>

#include "planning/testbed/cluster.h"

namespace jupiter {

// Medians for messages of one size.
struct LinkSample {
  double bytes = 0;  // frame and header included
  double one_way = 0;
  double send = 0;  // the call that sends
};

// Of each pair of ranks, [from][to]; the diagonal is empty.
using LinkTimes = std::vector<std::vector<std::vector<LinkSample>>>;

struct LinkFit {
  Link link;
  double worst_error = 0;          // largest |T fitted / T - 1|
  std::vector<std::string> notes;  // terms that were set to 0, and why
};

// At least two sizes, times positive. The terms are within what a cluster file may hold.
LinkFit FitLink(const std::vector<LinkSample>& samples);

}  // namespace jupiter

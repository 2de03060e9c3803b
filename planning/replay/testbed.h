// What a record is replayed on.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "planning/testbed/cluster.h"
#include "planning/testbed/op_costs.h"

namespace jupiter {

// Factors on the payload of messages: what they put on the wire, and what staging copies, for each
// byte that the record has. By channel of the record (see planning/record/record.h), and by the
// phase that the sender's last mark of a batch tells; without a mark it is the prompt's.
struct PayloadFactors {
  std::map<int, double> prompt;  // a channel that is not there has 1
  std::map<int, double> step;
  // Rows of the buffers in which steps travel: on the channels of `step`, a batch of fewer rows
  // weighs as much as one of so many.
  double padded_rows = 0;
};

// What the ranks of a record run on. Rank r is devices[r] of a cluster, or anything that has costs.
struct Testbed {
  std::vector<std::shared_ptr<const OpCosts>> costs;  // by rank
  std::vector<RateTrace> speed;                       // by rank, of ops; empty: constant
  std::vector<std::vector<Link>> links;               // [from][to]
  bool shared_medium = false;
  bool queues = true;  // false: every message finds the links, or the medium, free
  PayloadFactors payload_factors;
};
Testbed TestbedOf(const Cluster& cluster);
// Rank 0 runs on this device of the cluster instead of its own.
void PutSourceOn(int device, Testbed& testbed);

}  // namespace jupiter

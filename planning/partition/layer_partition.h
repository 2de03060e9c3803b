// Jupiter's LLM partition (INFOCOM 2025, section on parallelism planning): consecutive layers on
// consecutive devices so that the slowest stage is fastest, under memory budgets.
//
//   F(l, d) = min over q <= l of max(F(q, d-1), sum of t[i][d] for q < i <= l, + c_d),
//
// empty stages included (q = l), in O(L^2 |D|) when c_d, the time to send, depends on the sender
// alone. Here c_d is what a stage spends on both of its links, and may depend on the devices at
// their other ends: the next and the previous one with layers. So the dynamic program runs from the
// last device to the first, and a state names a device, its first layer and what it takes to
// receive: O(L^2 |D| v w + L |D|^2 w), where v is the largest number of different times that any
// device has to send to others, w to receive from others (1 without transfers or with equal links).
#pragma once

#include <string>
#include <vector>

#include "planning/partition/stage_table.h"

namespace jupiter {

// One point of work (a prefill slice, or a decode step). The first device of the order is the
// source: it has the embedding even when it has no layers. The last device with layers has the head
// (output matrix, draft heads). send_seconds: what counts as the sending stage's time; zeros for
// links that overlap with computing.
struct LayerPartitionProblem : StageProblem {
  // [from][to]: the input of a stage, what counts as the receiving one's time; empty: none.
  std::vector<std::vector<double>> receive_seconds;
};

struct LayerPartition {
  bool feasible = false;
  Obstacle obstacle = Obstacle::kNone;
  // When not feasible: which device is how many bytes short in the best case. That is the least
  // that a single budget would have to grow for the layers to fit.
  std::string reason;
  std::vector<int> order;   // devices in pipeline order; order[0] is the source
  std::vector<int> layers;  // [position in order]; 0: empty stage
  double slowest_seconds = 0;
};

// In the given order (a permutation of all devices). Of equally fast plans (within 1e-9, since sums
// of the same numbers differ that little) the one with most layers on the first device, then on the
// second and so on: layers that early devices can do in time need no further hop.
LayerPartition PartitionLayers(const LayerPartitionProblem& problem, const std::vector<int>& order);
// The best order with device 0 first (it has the prompt). Of equally good ones (within 1e-9) the
// lexicographically first. Throws UserError for more than kMostDevicesToOrder devices.
inline constexpr int kMostDevicesToOrder = 8;
LayerPartition PartitionLayersInBestOrder(const LayerPartitionProblem& problem);

}  // namespace jupiter

// Small models and testbeds for tests of bounds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/config/model_shape.h"
#include "planning/bounds/run_work.h"
#include "planning/testbed/cluster.h"
#include "tests/planning/replay/random_runs.h"

namespace jupiter {

// Grouped query attention; two layers have other types than the rest where `mixed`.
ModelShape SmallShape(int layers, bool mixed);
// Operations/s of products and of everything else, bytes/s, seconds per op.
struct Speeds {
  double products = 1e9;
  double others = 1e9;
  double memory = 1e9;
  double per_op = 0;
};
ClusterDevice DeviceOf(const std::string& name, const Speeds& speeds, std::int64_t bytes);
// Bytes of all weights.
std::int64_t WeightsOf(const ModelShape& shape);
// Every link alike.
Cluster ClusterOf(std::vector<ClusterDevice> devices, const Link& link);
// Devices up to a hundred times as fast as others, of which one alone may hold the model or not.
Cluster RandomCluster(Dice& dice, int devices, const ModelShape& shape);

// One request that is answered plainly: its first token by the prompt, the others by steps of one
// row.
std::vector<SetWork> PlainWork(int prompt_tokens, int tokens);

}  // namespace jupiter

#include "planning/replay/testbed.h"

namespace jupiter {

Testbed TestbedOf(const Cluster& cluster) {
  Testbed testbed;
  for (const ClusterDevice& device : cluster.devices) {
    testbed.costs.push_back(OpCostsOf(device));
    testbed.speed.push_back(device.speed);
  }
  testbed.links = cluster.links;
  testbed.shared_medium = cluster.shared_medium;
  return testbed;
}

}  // namespace jupiter

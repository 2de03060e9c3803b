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

void PutSourceOn(int device, Testbed& testbed) {
  const auto index = static_cast<std::size_t>(device);
  testbed.costs.front() = testbed.costs[index];
  if (!testbed.speed.empty()) testbed.speed.front() = testbed.speed[index];
}

}  // namespace jupiter

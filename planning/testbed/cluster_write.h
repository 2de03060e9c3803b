// Writing of cluster files.
#pragma once

#include <string>

#include "planning/testbed/cluster.h"

namespace jupiter {

// Loading what was saved gives the same cluster, to the last digit. The file holds its device
// profiles, so that it can be moved alone.
void SaveCluster(const Cluster& cluster, const std::string& path);
std::string ToYaml(const Cluster& cluster);

}  // namespace jupiter

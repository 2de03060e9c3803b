// Testbeds that are better in one respect.
#pragma once

#include <string>
#include <vector>

#include "planning/replay/testbed.h"

namespace jupiter {

struct Change {
  std::string name;  // "bandwidth x 2"
  Testbed testbed;
};

// Every link's bandwidth; every latency; what messages cost ranks; every device; then each of them
// alone (`names`, by rank): `times` as good.
std::vector<Change> OneThingBetter(const Testbed& testbed, const std::vector<std::string>& names,
                                   double times);

}  // namespace jupiter

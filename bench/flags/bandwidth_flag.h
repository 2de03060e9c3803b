// --bandwidth, one rule for all programs that have a cluster file: Mbit/s of every link, above 0
// and at most 1e6; without the flag links are as in the file.
#pragma once

#include <string>
#include <vector>

#include "bench/flags/flag_set.h"
#include "planning/testbed/cluster.h"

namespace jupiter {

Flag& AddBandwidthFlag(FlagSet& set, std::string& text, const std::string& help);

// Of a comma-separated list, in bit/s; {0} for no text, which stands for the file's. Throws
// UserError.
std::vector<double> ParseBandwidths(const std::string& text);

// The cluster at the one bandwidth of the text. Throws UserError, also for several.
Cluster WithBandwidth(Cluster cluster, const std::string& text);

// The cluster at this many bit/s; 0: as it is.
Cluster WithBandwidth(Cluster cluster, double bandwidth);

}  // namespace jupiter

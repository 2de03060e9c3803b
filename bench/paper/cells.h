// The cells of the paper's experiments: one system, on one network, under one profile.
#pragma once

#include <string>
#include <vector>

#include "bench/paper/experiment.h"

namespace jupiter {

struct PaperCell {
  std::string profile;
  std::string env;
  double bandwidth = 0;  // bit/s
  std::string model;     // as published
  std::string system;
  std::string policy = "plain";
  std::string variation = "";  // of the workload, see Vary
  bool operator==(const PaperCell&) const = default;
};

// <suite>/<profile>/env<A|B>/<bw>mbps/<model>/<system>[/<policy>][/<variation>]. Names leave out
// the first policy of a system, unless every system of the experiment has several.
std::string CellName(const PaperExperiment& experiment, const PaperCell& cell);

// Mixtures of the experiment's first two profiles: 0 is the first one, each later one has one more
// part of the second. Their names.
std::vector<std::string> WaterfallProfiles(const PaperExperiment& experiment);

// Every cell once: all rows under the profiles, Jupiter's under the readings and their variants (by
// reading), one row under the mixtures of the waterfall, and the variations of sensitivities. Cells
// that can share a recording are neighbours.
std::vector<PaperCell> ListCells(const PaperExperiment& experiment,
                                 const std::vector<std::string>& prediction_profiles);

}  // namespace jupiter

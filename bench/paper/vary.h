// Variations of an experiment.
#pragma once

#include <string>

#include "bench/paper/experiment.h"

namespace jupiter {

// The experiment with one key of its workload changed: "points=4", "skeleton_tokens_per_point=9",
// "lengths=equal", "acceptance=0.8" (a factor), "nodes=15", "generated_tokens=128". An empty text
// changes nothing. Throws UserError that names the key.
PaperExperiment Vary(const PaperExperiment& experiment, const std::string& variation);

}  // namespace jupiter

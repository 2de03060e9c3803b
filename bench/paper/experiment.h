// The paper's latency experiments as data: experiments/paper/paper.yaml.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "kernels/base/dtype.h"

namespace jupiter {

inline constexpr std::size_t kProfileParts = 4;

// From the first profile to the second in one row, one part after the other.
struct PaperWaterfall {
  std::string env;
  double bandwidth = 0;  // bit/s
  std::string model;
  std::vector<std::string> parts;  // in the order in which they change
};

struct PaperExperiment {
  std::string name;
  int prompt_tokens = 0;
  int generated_tokens = 0;
  DType wire = DType::kF16;
  DType kv = DType::kF16;
  std::vector<std::pair<std::string, std::string>> environments;  // name, path of the cluster file
  std::vector<double> bandwidths;                                 // bit/s
  std::vector<std::pair<std::string, std::string>> models;        // published name, --model
  std::vector<std::string> systems;
  std::vector<std::string> profiles;  // the first one is held against what was published
  // Readings of what was published, and their profiles.
  std::vector<std::pair<std::string, std::string>> readings;
  PaperWaterfall waterfall;
};

// Throws UserError "FILE: line L: KEY: ..." for everything that is wrong.
PaperExperiment LoadPaperExperiment(const std::string& path);
PaperExperiment ParsePaperExperiment(const std::string& text, const std::string& source);

}  // namespace jupiter

// The paper's latency experiments as data: experiments/paper/paper.yaml and its like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/base/dtype.h"
#include "planning/drafts/draft_acceptance.h"
#include "planning/drafts/draft_heads.h"
#include "planning/drafts/outline_workload.h"

namespace jupiter {

inline constexpr std::size_t kProfileParts = 4;

// From the first profile to the second in one row, one part after the other.
struct PaperWaterfall {
  std::string env;
  double bandwidth = 0;  // bit/s
  std::string model;
  std::vector<std::string> parts;  // in the order in which they change
};

// What a system does with an answer.
struct DecodingPolicy {
  std::string_view name;
  bool speculates = false;  // a step verifies a draft tree
  bool outlines = false;    // an outline first, then its points side by side
};
const std::vector<DecodingPolicy>& DecodingPolicies();
std::vector<std::string> KnownPolicies();
// CHECKs that it is known.
const DecodingPolicy& FindPolicy(std::string_view name);

// What is drafted, and how much of it is accepted, in emulated runs, which compute no tokens. It is
// part of the workload: the same for all systems.
struct SpeculationWorkload {
  // Nodes of every draft tree, the likeliest ones; 0: a step has no drafts.
  int nodes = 0;
  // Instead of `nodes`, the number that the tree planner finds best where one device has the whole
  // model (see PaperEmulator).
  bool planned = false;
  DraftHeads heads;  // they make the drafts
  std::map<std::string, DraftAcceptance>
      acceptance;          // how often they are right, by published model
  double scale = 1;        // every probability in it times this
  std::uint64_t seed = 1;  // which drafts are accepted is drawn with it
};

// One cell of the table, run again with the workload changed, one key at a time: how much the
// result hangs on each.
struct Sensitivity {
  std::string profile;
  std::string env;
  double bandwidth = 0;  // bit/s
  std::string model;
  std::string system;
  std::string policy;
  std::vector<std::string> variations;  // "points=4"
};

struct PaperExperiment {
  std::string name;
  int prompt_tokens = 0;
  int generated_tokens = 0;
  DType wire = DType::kF16;
  DType kv = DType::kF16;
  int draws = 1;  // of whatever is drawn; results are means over them
  std::optional<SpeculationWorkload> speculation;
  std::optional<OutlineWorkload> outline;
  std::vector<std::pair<std::string, std::string>> environments;  // name, path of the cluster file
  std::vector<double> bandwidths;                                 // bit/s
  std::vector<std::pair<std::string, std::string>> models;        // published name, --model
  std::vector<std::string> systems;
  // By system, its own first; systems that are not there decode plainly.
  std::map<std::string, std::vector<std::string>> policies;
  std::vector<std::string> profiles;  // the first one is compared with what was published
  // Readings of what was published, and their profiles; may be none.
  std::vector<std::pair<std::string, std::string>> readings;
  std::optional<PaperWaterfall> waterfall;
  std::vector<Sensitivity> sensitivity;

  std::vector<std::string> PoliciesOf(const std::string& system) const;
  // Those that any system has, in their order.
  std::vector<std::string> Policies() const;
};

// What decides on policies, as text that other workloads do not have.
std::string ShowWorkload(const PaperExperiment& experiment);

// Throws UserError "FILE: line L: KEY: ..." for everything that is wrong.
PaperExperiment LoadPaperExperiment(const std::string& path);
PaperExperiment ParsePaperExperiment(const std::string& text, const std::string& source);

}  // namespace jupiter

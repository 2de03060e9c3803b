// A profile: what a replay of a recorded run takes beside the bandwidth of a cluster, as four
// independent choices. Files are YAML, see experiments/profiles/README.md.
//
//   devices      times of ops: of the boards' own rooflines, or by the law of two_regimes.h
//   links        what a message meets besides the bandwidth, on every link
//   collectives  bytes on the wire for each byte that the recorded run sends, by kind and phase
//   decoding     rows that a decoding step computes and moves, and the tokens it yields
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planning/plan/strategy_traits.h"
#include "planning/record/record.h"
#include "planning/replay/testbed.h"
#include "planning/replay/two_regimes.h"

namespace jupiter {

struct ProfileDevices {
  std::string name;
  std::optional<TwoRegimes> two_regimes;  // else rooflines:
  // By the name of a device profile in the cluster: the profile whose times it gets. A device that
  // is not listed keeps its own times; without any list, all do.
  std::map<std::string, DeviceProfile> boards;
  int boards_line = 0;  // of the file, for messages
  // Tokens that a pass of the fit yields, for `two_regimes`: its times are those of such passes.
  double tokens_per_step = 1;
};

struct ProfileLinks {
  std::string name;
  double efficiency = 1;
  double latency = 0;             // seconds
  double wire_overhead = 0;       // seconds per message
  double host_overhead = 0;       // seconds per message, at either end
  double host_time_per_byte = 0;  // seconds, at either end
};

// Bytes on the wire / bytes of payload.
struct VolumeFactor {
  double prefill = 1;
  double decode = 1;
};

struct ProfileCollectives {
  std::string name;
  bool galaxy_overlap = true;
  VolumeFactor all_gather;      // sequence
  VolumeFactor all_reduce;      // megatron, detransformer; galaxy in decoding
  VolumeFactor tile_ring;       // galaxy in prefill
  VolumeFactor point_to_point;  // hidden rows between stages
};

struct ProfileDecoding {
  std::string name;
  double tokens_per_step = 1;
  // By model (lower case); "" stands for every model.
  std::map<std::string, double> payload_rows;  // that a step moves, per token it yields
  std::map<std::string, int> rows;             // that a step computes
};

// What published runs are taken to have used.
struct ProfilePlan {
  std::string env;
  std::string model;  // lower case
  std::vector<int> edgeshard_layers;
  std::vector<int> galaxy_heads;
  std::vector<int> galaxy_columns;
  std::string where;  // "FILE: line L", for messages
};

// What a fit says about predictions that are made with it.
struct ProfileFit {
  double prediction_error = 0;  // relative, either way
  // Profiles that fit as well: the same with other values where the fit cannot decide. A prediction
  // spans them.
  std::vector<std::string> variants;
};

struct TestbedProfile {
  std::string source;  // file, for messages
  std::string name;
  std::string description;
  ProfileDevices devices;
  ProfileLinks links;
  ProfileCollectives collectives;
  ProfileDecoding decoding;
  std::vector<ProfilePlan> plans;
  std::optional<ProfileFit> fit;  // where devices and links were fitted
};

// A model's name as profiles have it: lower case, without the word "synthetic" before it.
std::string ProfileModel(std::string_view model);

// A decoding step of a model.
struct StepShape {
  int rows = 1;
  double tokens = 1;  // that it yields
  // Of its messages: the rows they stand for / the rows that are sent.
  double payload_factor = 1;
  double padded_rows = 0;  // see PayloadFactors
};
// `model` as in ModelConfig::name; the word "synthetic" before it does not count. Throws UserError
// for a model that the profile does not have.
StepShape StepShapeOf(const TestbedProfile& profile, const std::string& model);

// Whether the profile's passes verify drafts: its times and payloads are those of speculation.
bool IsSpeculative(const TestbedProfile& profile, const std::string& model);
// A step with another number of rows than the profile's. Where the profile's passes have one row,
// they travel in buffers of payload_rows rows, and a step of more rows sends what it needs. Where
// they verify drafts, a plain step is derived: a pass of one row that yields one token, and moves
// its row.
StepShape PlainStep(const TestbedProfile& profile, const std::string& model);
// `rows` of a draft tree that yields `tokens` on average. Where the profile's passes verify drafts,
// these are already counted: its own rows and tokens are the step's, and CHECKed.
StepShape SpeculativeStep(const TestbedProfile& profile, const std::string& model, int rows,
                          double tokens);

// The cluster with the profile's devices and links; bandwidths, traces and memory stay. Throws
// UserError for a device that the profile does not have.
Cluster Apply(const TestbedProfile& profile, Cluster cluster);

// What the messages of a strategy with this exchange have on the wire. Messages without payload,
// and rows for the head, are as they are.
PayloadFactors FactorsOf(const TestbedProfile& profile, LayerExchange exchange,
                         const StepShape& step);

// The testbed of one run. Throws UserError, also for a record that does not say which messages
// belong to the prompt, or whose steps have other rows than those of the profile.
Testbed TestbedOf(const TestbedProfile& profile, const Cluster& cluster, LayerExchange exchange,
                  const std::string& model, const RunRecord& record);

}  // namespace jupiter

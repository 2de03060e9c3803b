// The command line of jupiter_profile.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/flags/flags.h"
#include "bench/profile/device_meter.h"

namespace jupiter {

struct ProfileFlags {
  EngineFlags engine;    // model, quantize, kv, device, threads, deadline
  std::string rows;      // empty: 1 to 512
  std::string contexts;  // empty: 0,128,512,1024
  std::string name;      // empty: the host's
  std::string out;
  std::string cluster;
  MeterOptions meter;  // layers, rounds, seconds as typed; the rest by ToMeterOptions
  std::vector<std::pair<std::string, std::string>> for_all_ranks;  // FlagSet::ForAllRanks
};

// Throws as FlagSet::Parse does, and for combinations that make no sense on that many ranks.
ProfileFlags ParseProfileFlags(int argc, const char* const* argv, int ranks);

// What to measure of this model. Lists that were given must fit it; default ones are cut to what
// does. Throws UserError.
MeterOptions ToMeterOptions(const ProfileFlags& flags, const ModelConfig& config);

}  // namespace jupiter

// Declares flags of model, device and plan (EngineFlags) for the programs that have them.
#pragma once

#include <functional>
#include <string>

#include "bench/flags/flag_set.h"
#include "bench/flags/flags.h"
#include "bench/flags/strategy_flags.h"
#include "model/sampling/sampler.h"

namespace jupiter {

inline constexpr const char* kLoadDeadline = "--load-deadline";

// One flag each, for programs that take few of them.
Flag& AddModelFlag(FlagSet& set, std::string& model);
Flag& AddTokenizerFlag(FlagSet& set, std::string& tokenizer);
Flag& AddQuantizeFlag(FlagSet& set, std::string& quantize);
Flag& AddKvFlag(FlagSet& set, std::string& kv);
Flag& AddMinSliceFlag(FlagSet& set, int& tokens);
Flag& AddLinkFlag(FlagSet& set, std::string& link);
Flag& AddDeadlineFlag(FlagSet& set, double& seconds);

// Threads of a rank; of --device cpu alone.
Flag& AddThreadsFlag(FlagSet& set, EngineFlags& flags);
// The card of --device cuda.
Flag& AddGpuFlag(FlagSet& set, int& gpu, const std::string& device);

// --wire, --residual, --kv and --quantize. Returns --wire, of which programs know when anything is
// sent.
Flag& AddTypeFlags(FlagSet& set, EngineFlags& flags);

// What a program does with the flags.
struct EngineUse {
  StrategyChoice strategies;
  // Whether nothing is computed: the run is recorded, and replayed on a described testbed.
  std::function<bool()> emulates = [] { return false; };
  // What --help adds to the devices that compute.
  std::string further_devices = {};
};

// All but the tokenizer.
void AddEngineFlags(FlagSet& set, EngineFlags& flags, const EngineUse& use);
void AddSamplingFlags(FlagSet& set, SamplingOptions& sampling, const EngineFlags& engine);

}  // namespace jupiter

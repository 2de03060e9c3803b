#include "bench/flags/engine_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace jupiter {
namespace {

// Why flags are idle, in words that follow them; empty words where they are not.
class EngineReasons {
 public:
  EngineReasons(const EngineFlags& flags, const EngineUse& use) : flags_(flags), use_(use) {}

  Flag::WhyIdle Emulated(std::string why) const {
    return [emulates = use_.emulates, why = "with --emulate: " + std::move(why)] {
      return emulates() ? why : "";
    };
  }
  // On the device that computes nothing.
  Flag::WhyIdle Recorded(std::string why) const {
    return [&flags = flags_, why = "with --device recording: " + std::move(why)] {
      return flags.device == "recording" ? why : "";
    };
  }
  Flag::WhyIdle Planned(const char* what) const {
    return [&flags = flags_, what] {
      return flags.plan.empty()
                 ? ""
                 : fmt::format("with --plan {}: the {} are the plan's", flags.plan, what);
    };
  }
  Flag::WhyIdle UnlessAny(StrategyQuestion has) const {
    return jupiter::UnlessAny(use_.strategies, has);
  }

 private:
  const EngineFlags& flags_;
  const EngineUse& use_;
};

void AddDeviceFlags(FlagSet& set, EngineFlags& flags, const EngineUse& use,
                    const EngineReasons& why) {
  set.Add("--device", flags.device, fmt::format("cpu, cuda or eigen{}", use.further_devices))
      .ActsUnless(why.Emulated("it records on a device that computes nothing"));
  AddGpuFlag(set, flags.gpu, flags.device);
  AddThreadsFlag(set, flags).ActsUnless(why.Emulated("nothing is computed"));
  set.Add("--memory-limit", flags.memory_limit_mib, "MiB for each rank (0: what there is)")
      .ActsUnless(why.Emulated("its memory is the cluster file's (see `memory` there)"))
      .ActsUnless(why.Recorded("it takes no memory"));
  set.AddSwitch(
         "--stream", flags.stream,
         fmt::format("{}: layers that the memory has no room for are read again for every batch",
                     Takers(Streams)))
      .ActsUnless(why.Emulated("what is read is in no record"))
      .ActsUnless(why.UnlessAny(Streams));
}

// Of --split speed alone.
Flag::WhyIdle OfSpeed(const EngineFlags& flags, Flag::WhyIdle why) {
  return [&flags, why = std::move(why)] { return flags.split == "speed" ? why() : ""; };
}

// What the flags say of the layers and shares of a strategy, and what they leave to --split.
struct SplitByHand {
  std::vector<std::string> given;
  bool whole = true;
};

SplitByHand SplitOf(const EngineFlags& flags, const StrategyTraits& traits) {
  SplitByHand split;
  const auto take = [&split](bool cuts, bool given, const char* flag) {
    if (cuts && given) split.given.emplace_back(flag);
    if (cuts && !given) split.whole = false;
  };
  take(traits.cuts_layers, flags.layers.has_value(), "--layers");
  take(traits.cuts_heads, !flags.heads.empty(), "--heads");
  take(traits.cuts_heads, !flags.columns.empty(), "--columns");
  take(traits.cuts_rows, !flags.rows.empty(), "--rows");
  return split;
}

// Why --split is idle where flags give all shares that the strategies have.
std::string WhyByHand(const EngineFlags& flags, const std::vector<std::string>& strategies) {
  std::vector<std::string> given;
  for (const std::string& strategy : strategies) {
    const SplitByHand split = SplitOf(flags, FindTraits(strategy));
    if (!split.whole) return {};
    for (const std::string& flag : split.given) {
      if (std::find(given.begin(), given.end(), flag) == given.end()) given.push_back(flag);
    }
  }
  if (given.empty()) return {};
  return fmt::format("with {}: they say how all is split", fmt::join(given, ", "));
}

bool StaysInMemory(const StrategyTraits& traits) { return !traits.streams; }

void AddPlanFlags(FlagSet& set, EngineFlags& flags, const EngineUse& use,
                  const EngineReasons& why) {
  constexpr const char* kUnmeasured = "there is nothing to measure; use --split equal or --layers";
  set.Add("--layers", flags.layers,
          fmt::format("layers per rank, such as 8,8,8,8 ({})", Takers(CutsLayers)))
      .ActsUnless(why.UnlessAny(CutsLayers));
  set.Add("--split", flags.split, "without --layers: equal (default), or speed (measured at start)")
      .ActsIf([&flags] { return !flags.layers; }, "with --layers, which says how they are split")
      .ActsUnless(OfSpeed(flags, why.Emulated(kUnmeasured)))
      .ActsUnless(OfSpeed(flags, why.Recorded(kUnmeasured)))
      // Emulated, it also stands for no planner.
      .ActsUnless([use] { return use.emulates() ? "" : WhyNone(use.strategies(), Sends); })
      .ActsUnless(
          [&flags, use] { return use.emulates() ? "" : WhyByHand(flags, use.strategies()); });
  set.Add("--cluster", flags.cluster,
          "cluster file or shipped name, a device per rank: layers and slices by the strategy's "
          "planner")
      .ActsUnless(why.Emulated("its cluster is the one that it names"))
      .ActsIf([&flags,
               use] { return !flags.stream || WhyNone(use.strategies(), StaysInMemory).empty(); },
              "with --stream: what streams takes the memory that it finds");
  set.Add("--plan", flags.plan, "plan of jupiter_plan --save: layers, slices and types");
}

void AddShareFlags(FlagSet& set, EngineFlags& flags, const EngineReasons& why) {
  set.Add("--heads", flags.heads,
          fmt::format("KV heads per rank, such as 4,2,2 ({})", Takers(CutsHeads)))
      .ActsUnless(why.Planned("shares"))
      .ActsUnless(why.UnlessAny(CutsHeads));
  set.Add("--columns", flags.columns,
          fmt::format("feed-forward columns per rank ({})", Takers(CutsHeads)))
      .ActsUnless(why.Planned("shares"))
      .ActsUnless(why.UnlessAny(CutsHeads));
  set.Add("--rows", flags.rows,
          fmt::format("weights by which the rows of a prompt are split ({})", Takers(CutsRows)))
      .ActsUnless(why.Planned("shares"))
      .ActsUnless(why.UnlessAny(CutsRows));
  set.AddSwitch("--overlap,!--no-overlap", flags.overlap,
                fmt::format("{}: messages travel while tiles are multiplied (default), or before "
                            "and after",
                            Takers(Overlaps)))
      .ActsUnless(why.Planned("shares"))
      .ActsUnless(why.UnlessAny(Overlaps));
}

void AddSliceFlags(FlagSet& set, EngineFlags& flags, const EngineReasons& why) {
  set.Add("--slices", flags.slices,
          fmt::format(
              "slices of the prompt ({}): auto, whole, a number, or lengths such as 64,48,16",
              Takers(TakesSlices)))
      .ActsUnless(why.Planned("slices"))
      .ActsUnless(why.UnlessAny(TakesSlices));
  AddMinSliceFlag(set, flags.min_slice)
      .ActsUnless(why.Planned("slices"))
      .ActsIf([&flags] { return flags.slices == "auto"; }, "is for --slices auto")
      .ActsUnless(why.UnlessAny(ChoosesSlices));
}

void AddNetworkFlags(FlagSet& set, EngineFlags& flags, const EngineReasons& why) {
  constexpr const char* kRecorded =
      "it takes real time, which is not measured (a cluster file describes a testbed)";
  AddLinkFlag(set, flags.link)
      .ActsUnless(why.Emulated("its network is the cluster file's (or --bandwidth)"))
      .ActsUnless(why.Recorded(kRecorded))
      .ActsUnless(why.UnlessAny(Sends));
  set.Add("--slowdown", flags.slowdown,
          "make every op of a rank take so many times as long, such as 1,2,2,4")
      .ActsUnless(why.Emulated("its devices are the cluster file's (see `speed` there)"))
      .ActsUnless(why.Recorded(kRecorded));
}

}  // namespace

Flag& AddModelFlag(FlagSet& set, std::string& model) {
  return set.Add("-m,--model", model,
                 "GGUF file, Hugging Face directory, llama2.c .bin, or synthetic:<shape>[:<type>]");
}

Flag& AddTokenizerFlag(FlagSet& set, std::string& tokenizer) {
  return set.Add("--tokenizer", tokenizer,
                 "file with the tokenizer, when the model has none (GGUF, tokenizer.json, "
                 "tok*.bin)");
}

Flag& AddQuantizeFlag(FlagSet& set, std::string& quantize) {
  return set.Add("--quantize", quantize, "dense weights at load: q8_0 or q4_0");
}

Flag& AddKvFlag(FlagSet& set, std::string& kv) {
  return set.Add("--kv", kv, "keys and values: f32 or f16");
}

Flag& AddMinSliceFlag(FlagSet& set, int& tokens) {
  return set.Add("--min-slice", tokens, "tokens in a slice at least, where slices are planned");
}

Flag& AddLinkFlag(FlagSet& set, std::string& link) {
  return set.Add("--link", link,
                 "ranks of one host: hold messages back as a network of this bandwidth and "
                 "latency would, such as 100mbit,1ms (more: host=TIME, rendezvous=SIZE, "
                 "handshake=TIME, burst=SIZE)");
}

Flag& AddDeadlineFlag(FlagSet& set, double& seconds) {
  return set.Add("--deadline", seconds, "seconds to wait for another rank").ChangesNoNumber();
}

Flag& AddThreadsFlag(FlagSet& set, EngineFlags& flags) {
  return set.Add("-t,--threads", flags.threads, "threads per rank (0: cores / ranks of the host)")
      .FitsEveryJob()
      .ActsIf([&flags] { return flags.device != "eigen" && flags.device != "recording"; },
              "is for --device cpu");
}

Flag& AddGpuFlag(FlagSet& set, int& gpu, const std::string& device) {
  return set.Add("--gpu", gpu, "index of the card (-1: ranks of a host take its cards in turn)")
      .AtLeast(-1)
      .ActsIf([&device] { return device == "cuda"; }, "is for --device cuda");
}

Flag& AddTypeFlags(FlagSet& set, EngineFlags& flags) {
  Flag& wire = set.Add("--wire", flags.wire, "hidden rows in messages: f32, f16 or q8_0");
  set.Add("--residual", flags.residual,
          "residual stream: f32, or f16 (rounded at every layer boundary)");
  AddKvFlag(set, flags.kv);
  AddQuantizeFlag(set, flags.quantize);
  return wire;
}

void AddEngineFlags(FlagSet& set, EngineFlags& flags, const EngineUse& use) {
  const EngineReasons why(flags, use);
  AddModelFlag(set, flags.model);
  AddTypeFlags(set, flags).ActsUnless(why.UnlessAny(Sends));
  AddDeviceFlags(set, flags, use, why);
  AddPlanFlags(set, flags, use, why);
  AddShareFlags(set, flags, why);
  AddSliceFlags(set, flags, why);
  AddDeadlineFlag(set, flags.deadline_seconds);
  set.Add(kLoadDeadline, flags.load_deadline_seconds,
          "seconds to wait for a rank that loads weights")
      .ChangesNoNumber()
      .ActsUnless(why.Emulated("no weights are loaded"))
      .ActsUnless(why.Recorded("no weights are loaded"));
  AddNetworkFlags(set, flags, why);
}

void AddSamplingFlags(FlagSet& set, SamplingOptions& sampling, const EngineFlags& engine) {
  const EngineUse use;
  const auto recorded = EngineReasons(engine, use).Recorded("no token is drawn");
  const auto samples = [&sampling] { return sampling.temperature != 0; };
  constexpr const char* kGreedy = "is for --temperature above 0";
  set.Add("--temperature", sampling.temperature, "0: greedy").ActsUnless(recorded).SameOnAllRanks();
  set.Add("--top-k", sampling.top_k, "sample from the k likeliest tokens (0: all)")
      .ActsIf(samples, kGreedy)
      .SameOnAllRanks();
  set.Add("--top-p", sampling.top_p, "and from the fewest that reach probability p (1: all)")
      .ActsIf(samples, kGreedy)
      .SameOnAllRanks();
  set.Add("--seed", sampling.seed, "of the sampling").ActsIf(samples, kGreedy).SameOnAllRanks();
}

}  // namespace jupiter

#include "bench/profile/profile_flags.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "bench/flags/engine_flags.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr int kMostMeasuredRows = 8192;
constexpr int kMostContext = 1 << 20;

// Kernels take rows in tiles, so times bend where rows are few: there the points are closer.
std::vector<int> DefaultRows() {
  return {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512};
}
std::vector<int> DefaultContexts() { return {0, 128, 512, 1024}; }

// For --help; the middle of a long list is left out.
std::string Show(const std::vector<int>& values) {
  constexpr std::ptrdiff_t kFirst = 5;
  constexpr std::ptrdiff_t kLast = 4;
  if (std::ssize(values) <= kFirst + kLast) return fmt::format("{}", fmt::join(values, ","));
  return fmt::format("{},...,{}", fmt::join(values.begin(), values.begin() + kFirst, ","),
                     fmt::join(values.end() - kLast, values.end(), ","));
}

// Rising, each once.
std::vector<int> ParseNumbers(const char* flag, const std::string& text, int least, int most) {
  std::vector<int> values = ParseList(flag, text);
  for (const int value : values) {
    if (value < least || value > most) {
      FailUser("{} {}: {} is out of range, expected {} to {}", flag, text, value, least, most);
    }
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

void CheckTargets(const ProfileFlags& flags, int ranks) {
  if (!flags.out.empty() && !flags.cluster.empty()) {
    FailUser("--out and --cluster exclude each other: a cluster file holds all device profiles");
  }
  if (ranks > 1 && flags.cluster.empty()) {
    FailUser("{} ranks measure a cluster, give --cluster FILE; for one device start one rank",
             ranks);
  }
}

// How much is measured.
void AddMeter(FlagSet& set, ProfileFlags& flags) {
  set.Add("--rows", flags.rows, fmt::format("rows of a batch (default {})", Show(DefaultRows())))
      .SameOnAllRanks();
  set.Add("--contexts", flags.contexts,
          fmt::format("positions before a batch (default {})", Show(DefaultContexts())))
      .SameOnAllRanks();
  set.Add("--layers", flags.meter.layers,
          "layers to measure in (0: as many as exceed the cache, up to 512 MiB of weights)")
      .Between(0, 10'000)
      .SameOnAllRanks();
  set.Add("--repeats", flags.meter.rounds, "rounds of all batches (0: by --seconds)")
      .Between(0, 10'000)
      .SameOnAllRanks();
  set.Add("--seconds", flags.meter.seconds, "of all rounds, about; one is always completed")
      .ActsIf([&flags] { return flags.meter.rounds == 0; }, "with --repeats, which says how many")
      .Between(0, 86'400);
}

}  // namespace

ProfileFlags ParseProfileFlags(int argc, const char* const* argv, int ranks) {
  ProfileFlags flags;
  EngineFlags& engine = flags.engine;
  // Others measure up to then.
  engine.deadline_seconds = 1800;
  FlagSet set("jupiter_profile", "Measures devices and links for planning and simulation.");
  AddModelFlag(set, engine.model);
  AddQuantizeFlag(set, engine.quantize).SameOnAllRanks();
  AddKvFlag(set, engine.kv).SameOnAllRanks();
  set.Add("--device", engine.device, "cpu or eigen");
  AddThreadsFlag(set, engine);
  AddMeter(set, flags);
  set.Add("--name", flags.name, "of the device or cluster (default: the host's)").ChangesNoNumber();
  set.Add("-o,--out", flags.out, "device profile to write (YAML)").ChangesNoNumber();
  set.Add("--cluster", flags.cluster,
          "cluster file to write (YAML): every rank's device, and the links between them")
      .ChangesNoNumber();
  AddDeadlineFlag(set, engine.deadline_seconds);
  set.Parse(argc, argv);
  flags.for_all_ranks = set.ForAllRanks();
  CheckTargets(flags, ranks);
  return flags;
}

MeterOptions ToMeterOptions(const ProfileFlags& flags, const ModelConfig& config) {
  const SessionOptions session = ToSessionOptions(flags.engine);
  MeterOptions options = flags.meter;
  options.kv = session.plan.kv;
  options.quantise = session.quantise;
  if (options.layers > config.layers) {
    FailUser("--layers is {}, {} has {}", options.layers, config.name, config.layers);
  }
  options.rows =
      flags.rows.empty() ? DefaultRows() : ParseNumbers("--rows", flags.rows, 1, kMostMeasuredRows);
  options.contexts = flags.contexts.empty()
                         ? DefaultContexts()
                         : ParseNumbers("--contexts", flags.contexts, 0, kMostContext);
  // A model is not run beyond the positions it was made for.
  const auto fits = [&](int rows, int context) { return rows + context <= config.context; };
  while (flags.rows.empty() && options.rows.size() > 1 && !fits(options.rows.back(), 0)) {
    options.rows.pop_back();
  }
  while (flags.contexts.empty() && options.contexts.size() > 1 &&
         !fits(options.rows.back(), options.contexts.back())) {
    options.contexts.pop_back();
  }
  if (!fits(options.rows.back(), options.contexts.back())) {
    FailUser("--rows up to {} after --contexts up to {} exceed the {} positions of {}; give less",
             options.rows.back(), options.contexts.back(), config.context, config.name);
  }
  return options;
}

}  // namespace jupiter

#include "bench/profile/profile_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "bench/flags/check_range.h"
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

}  // namespace

ProfileFlags ParseProfileFlags(int argc, const char* const* argv, int ranks) {
  ProfileFlags flags;
  EngineFlags& engine = flags.engine;
  // Others measure up to then.
  engine.deadline_seconds = 1800;
  CLI::App app("Measures devices and links for planning and simulation.", "jupiter_profile");
  app.add_option("-m,--model", engine.model,
                 "GGUF file, Hugging Face directory, llama2.c .bin, or synthetic:<shape>[:<type>]");
  app.add_option("--quantize", engine.quantize, "round dense weights: q8_0 or q4_0");
  app.add_option("--kv", engine.kv, "keys and values: f32 or f16")->capture_default_str();
  app.add_option("--device", engine.device, "cpu or eigen")->capture_default_str();
  app.add_option("-t,--threads", engine.threads, "threads per rank (0: cores / ranks of the host)");
  app.add_option("--rows", flags.rows, "rows of a batch (default 1,2,3,4,6,...,96,128,256,512)");
  app.add_option("--contexts", flags.contexts, "positions before a batch (default 0,128,512,1024)");
  app.add_option("--layers", flags.meter.layers,
                 "layers to measure in (0: as many as exceed the cache, up to 512 MiB of weights)");
  app.add_option("--repeats", flags.meter.rounds, "rounds of all batches (0: by --seconds)");
  app.add_option("--seconds", flags.meter.seconds, "of all rounds, about; one is always completed")
      ->capture_default_str();
  app.add_option("--name", flags.name, "of the device or cluster (default: the host's)");
  app.add_option("-o,--out", flags.out, "device profile to write (YAML)");
  app.add_option("--cluster", flags.cluster,
                 "cluster file to write (YAML): every rank's device, and the links between them");
  app.add_option("--deadline", engine.deadline_seconds,
                 "seconds to wait for other ranks, which measure meanwhile")
      ->capture_default_str();
  ParseFlags(app, argc, argv);
  CheckTargets(flags, ranks);
  CheckRange("--repeats", flags.meter.rounds, 0, 10'000);
  CheckRange("--seconds", flags.meter.seconds, 0.0, 86'400.0);
  CheckRange("--layers", flags.meter.layers, 0, 10'000);
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
    FailUser("--rows up to {} behind --contexts up to {} exceed the {} positions of {}; give less",
             options.rows.back(), options.contexts.back(), config.context, config.name);
  }
  return options;
}

std::string Describe(const ProfileFlags& flags) {
  return fmt::format("quantize '{}', kv {}, rows '{}', contexts '{}', layers {}, repeats {}",
                     flags.engine.quantize, flags.engine.kv, flags.rows, flags.contexts,
                     flags.meter.layers, flags.meter.rounds);
}

}  // namespace jupiter

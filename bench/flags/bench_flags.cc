#include "bench/flags/bench_flags.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "bench/flags/bandwidth_flag.h"
#include "bench/flags/benchmark_help.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

void RefuseRepeats(std::vector<std::string> strategies) {
  std::sort(strategies.begin(), strategies.end());
  const auto twice = std::adjacent_find(strategies.begin(), strategies.end());
  if (twice != strategies.end()) FailUser("--strategies: {} is given twice", *twice);
}

void CheckStreamFlag(const BenchFlags& flags) {
  const auto& strategies = flags.strategies;
  if (!flags.engine.stream ||
      std::any_of(strategies.begin(), strategies.end(),
                  [](const std::string& strategy) { return FindTraits(strategy).streams; })) {
    return;
  }
  FailUser("--stream is for the rows of local, which is not among --strategies {}; leave it out",
           fmt::join(strategies, ","));
}

// What a run on the recording device would leave out without a word.
void RefuseWithEmulation(const EngineFlags& flags) {
  const std::pair<const char*, const char*> refused[] = {
      {"--link", "its network is the cluster file's (or --bandwidth)"},
      {"--slowdown", "its devices are the cluster file's (see `speed` there)"},
      {"--cluster", "its cluster is the one that it names"},
      {"--device", "it records on a device that computes nothing"},
      {"--memory-limit", "its memory is the cluster file's (see `memory` there)"},
      {"--stream", "what is read is in no record"}};
  for (const auto& [flag, why] : refused) {
    if (flags.given.count(flag) > 0)
      FailUser("{} with --emulate: {}; leave {} out", flag, why, flag);
  }
  if (flags.split == "speed") {
    FailUser(
        "--split speed with --emulate: there is nothing to measure; use --split equal, "
        "--layers, or neither for the strategies' own planners");
  }
}

void CheckEmulation(const BenchFlags& flags) {
  if (!flags.emulate.empty()) {
    RefuseWithEmulation(flags.engine);
    ParseBandwidths(flags.bandwidths);
    if (flags.draft.any()) {
      FailUser(
          "--draft with --emulate: nothing is computed, so no draft can be judged; the tokens "
          "of a step come with --profile NAME");
    }
    if (flags.fault.empty() && flags.reference.empty()) return;
    FailUser("--emulate computes nothing, so --reference and --inject-fault cannot be checked");
  }
  if (!flags.bandwidths.empty()) FailUser("--bandwidth is for --emulate CLUSTER");
  if (!flags.profile.empty()) FailUser("--profile is for --emulate CLUSTER");
  if (!flags.save_records.empty()) FailUser("--save-records is for --emulate CLUSTER");
}

// Flags that leave the main job what it is.
bool SaysWhatToMeasure(const std::string& flag) {
  const std::string_view other[] = {"--out",     "--resume",   "--suite",
                                    "--threads", "--deadline", "--load-deadline"};
  return std::find(std::begin(other), std::end(other), flag) == std::end(other);
}

void ChooseSuites(BenchFlags& flags) {
  const auto& given = flags.engine.given;
  const bool says = std::any_of(given.begin(), given.end(), SaysWhatToMeasure);
  if (!flags.emulate.empty() && !flags.suites.empty()) {
    FailUser("--suite with --emulate: --emulate is a suite of its own; leave one of them out");
  }
  const std::vector<std::string> known = {"real", "paper", "ablation", "fair"};
  for (const std::string& suite : flags.suites) {
    if (std::find(known.begin(), known.end(), suite) != known.end()) continue;
    FailUser("--suite {}: expected some of {}", suite, fmt::join(known, ", "));
  }
  flags.main_job = flags.suites.empty() && !says;
  const auto& suites = flags.suites;
  const bool real = std::find(suites.begin(), suites.end(), "real") != suites.end();
  if (!suites.empty() && !real && says) {
    FailUser(
        "--suite {0} takes models and networks from experiments/{0}/{0}.yaml; leave out the flags "
        "that say others",
        suites.front());
  }
  if (flags.resume && flags.out.empty()) FailUser("--resume goes on with the folder of --out");
}

}  // namespace

BenchFlags ParseBenchFlags(int argc, char** argv) {
  BenchFlags flags;
  flags.engine.model = "synthetic:tiny";
  // Defaults; a later flag of the user's wins. mpirun makes stdout look like a terminal that it may
  // not be, so colours are left to --benchmark_color=true.
  flags.benchmark = {"--benchmark_counters_tabular=true", "--benchmark_color=false"};
  std::vector<const char*> own = {argv[0]};
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.substr(0, 12) == "--benchmark_") {
      flags.benchmark.emplace_back(argument);
    } else {
      own.push_back(argv[i]);
    }
  }
  CLI::App app(
      "Measures every strategy on one model over MPI ranks, each run checked against one process.\n"
      "Without flags: that on a tiny model, then the paper's experiments, emulated on 4 ranks.\n"
      "Flags of Google Benchmark stand at the end.",
      "jupiter_bench");
  app.footer(kBenchmarkHelp);
  AddEngineFlags(app, flags.engine);
  for (const StrategyEntry& entry : Strategies()) flags.strategies.push_back(entry.traits.name);
  app.add_option("-s,--strategies", flags.strategies, "strategies to run")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option(
         "--suite", flags.suites,
         "real (every strategy on one model), and emulated ones: paper (its table), ablation "
         "(Jupiter's policies), fair (systems under the same policy); without any flag: real,paper")
      ->delimiter(',');
  app.add_option("--out", flags.out, "folder for results.jsonl and what belongs to it");
  app.add_flag("--resume", flags.resume, "go on with the results in --out");
  app.add_option("-p,--n-prompt", flags.prompt_tokens, "prompt tokens, comma-separated")
      ->capture_default_str();
  app.add_option("-n,--n-gen", flags.tokens, "tokens to generate, comma-separated")
      ->capture_default_str();
  AddDraftChoices(app, flags.draft);
  app.add_option("--reference", flags.reference,
                 "check against this file of jupiter_run instead of `local`, with its prompt");
  app.add_option("--inject-fault", flags.fault,
                 "self-test: mask, slice or scale makes one mistake, which must print INVALID");
  app.add_option("--emulate", flags.emulate,
                 "cluster file, a rank per device: nothing is computed; the run is recorded and "
                 "replayed on this testbed");
  app.add_option("--profile", flags.profile,
                 "with --emulate: devices, links, collectives and decoding of this profile (file, "
                 "shipped name, or NAME,links=NAME,...; see experiments/profiles) in place of the "
                 "cluster's devices and links; times are per token, with every token a pass");
  AddBandwidthOption(app, flags.bandwidths,
                     "with --emulate: Mbit/s of every link, comma-separated");
  app.add_option("--save-records", flags.save_records,
                 "with --emulate: folder for the records, for jupiter_replay");
  ParseFlags(app, static_cast<int>(own.size()), own.data());
  if (app.count("--out") > 0 && flags.out.empty()) FailUser("--out: expected a folder");
  flags.draft.All();
  CheckEmulation(flags);
  ChooseSuites(flags);
  RefuseRepeats(flags.strategies);
  CheckStreamFlag(flags);
  flags.program = argv[0];
  flags.arguments.assign(argv, argv + argc);
  return flags;
}

}  // namespace jupiter

#include "bench/flags/bench_flags.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "bench/flags/bandwidth_flag.h"
#include "bench/flags/benchmark_arguments.h"
#include "bench/flags/benchmark_help.h"
#include "bench/flags/engine_flags.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr const char* kRealSuite = "real";

std::vector<int> ParseTokenCounts(const char* flag, const std::string& text) {
  std::vector<int> lengths = ParseList(flag, text);
  for (const int length : lengths) {
    if (length < 1) FailUser("{} {}: {} tokens, expected at least 1", flag, text, length);
    // Rows of results have names, which would be the same.
    if (std::count(lengths.begin(), lengths.end(), length) > 1) {
      FailUser("{} {}: {} is given twice", flag, text, length);
    }
  }
  return lengths;
}

void AddWork(FlagSet& set, BenchFlags& flags) {
  const StrategyChoice strategies = [&flags] { return flags.strategies; };
  const auto emulates = [&flags] { return flags.emulates(); };
  AddEngineFlags(set, flags.engine, {strategies, emulates});
  set.Add("-s,--strategy,--strategies", flags.strategies, "strategies to run, comma-separated")
      .SelectsRows();
  set.Add("-p,--n-prompt", flags.prompt_tokens, "prompt tokens, comma-separated");
  set.Add("-n,--n-gen", flags.tokens, "tokens to generate, comma-separated");
  AddDraftChoices(set, flags.draft, strategies, emulates);
}

void AddChecks(FlagSet& set, BenchFlags& flags) {
  const auto computes = [&flags] { return !flags.emulates(); };
  constexpr const char* kUnchecked = "with --emulate, which computes nothing that could be checked";
  set.Add("--reference", flags.reference,
          "check against this file of jupiter_run instead of `local`, with its prompt")
      .ActsIf(computes, kUnchecked);
  set.Add("--inject-fault", flags.fault,
          "self-test: mask, slice or scale makes one mistake, which must print INVALID")
      .ActsIf(computes, kUnchecked)
      // The check is against one process, whose device makes no mistake.
      .ActsUnless([&flags] { return WhyNone(flags.strategies, Sends); });
}

void AddEmulation(FlagSet& set, BenchFlags& flags) {
  const auto emulates = [&flags] { return flags.emulates(); };
  constexpr const char* kEmulated = "is for --emulate CLUSTER";
  set.Add("--emulate", flags.emulate,
          "cluster file or shipped name, a rank per device: nothing is computed; the run is "
          "recorded and replayed on this testbed");
  set.Add("--profile", flags.profile,
          "with --emulate: devices, links, collectives and decoding of this profile (file, shipped "
          "name, or NAME,links=NAME,...; see experiments/profiles) in place of the cluster's "
          "devices and links; times are per token, with every token a pass")
      .ActsIf(emulates, kEmulated);
  AddBandwidthFlag(set, flags.bandwidths, "with --emulate: Mbit/s of every link, comma-separated")
      .ActsIf(emulates, kEmulated);
  set.Add("--save-records", flags.save_records,
          "with --emulate: folder for the records, for jupiter_replay")
      .ActsIf(emulates, kEmulated);
  set.AddSwitch("--explain", flags.explain,
                "with --emulate: where the time of each case went, and what would shorten it")
      .ActsIf(emulates, kEmulated)
      .ChangesNoNumber();
}

void AddSuites(FlagSet& set, BenchFlags& flags) {
  const auto computes = [&flags] { return !flags.emulates(); };
  set.Add(
         "--suite", flags.suites,
         "real (every strategy on one model), and emulated ones: paper (its table), ablation "
         "(Jupiter's policies), fair (systems under the same policy); without any flag: real,paper")
      .OneOf({kRealSuite, "paper", "ablation", "fair"})
      .ActsIf(computes, "with --emulate, which is a suite of its own")
      .ChangesNoNumber();
  set.Add("--out", flags.out, "folder for results.jsonl and what belongs to it")
      .ActsIf(computes, "with --emulate, whose rows are not kept")
      .ChangesNoNumber();
  set.AddSwitch("--resume", flags.resume, "go on with the results in --out")
      .ActsIf([&flags] { return !flags.out.empty(); },
              "goes on with the folder of --out; give that")
      .ChangesNoNumber();
}

// Whether all that is asked for are suites that are emulated.
bool AsksForEmulatedSuites(const BenchFlags& flags) {
  return !flags.suites.empty() && !flags.asks_for_real();
}

// Suites that are emulated bring models, networks and strategies along, and load no weights.
void LeaveToEmulatedSuites(FlagSet& set, const BenchFlags& flags) {
  for (Flag& flag : set.all()) {
    const bool loads = flag.name() == kLoadDeadline;
    if (flag.changes_no_number() && !loads) continue;
    flag.ActsUnless([&flags, loads]() -> std::string {
      if (!AsksForEmulatedSuites(flags)) return {};
      if (loads) {
        return fmt::format("with --suite {}, which is emulated: no weights are loaded",
                           flags.suites.front());
      }
      return fmt::format(
          "with --suite {0}, which is emulated: its models and networks are those of "
          "experiments/{0}/{0}.yaml",
          flags.suites.front());
    });
  }
}

// Of Google Benchmark, those that say how often and how long a row is measured.
void CheckMeasuring(const BenchFlags& flags, const std::vector<std::string>& given) {
  if (!flags.emulates() && !AsksForEmulatedSuites(flags)) return;
  for (const std::string& flag : given) {
    const std::string name = flag.substr(0, flag.find('='));
    if (!IsMeasuringFlag(name)) continue;
    FailUser("{} with {}: times are emulated, and the same each time; leave it out", flag,
             flags.emulates() ? "--emulate" : "--suite " + flags.suites.front());
  }
}

// Whether nothing says what to measure.
bool IsMainJob(FlagSet& set, const BenchFlags& flags) {
  const bool says = std::any_of(set.all().begin(), set.all().end(), [](const Flag& flag) {
    return flag.given() && !flag.fits_every_job();
  });
  return flags.suites.empty() && !says;
}

}  // namespace

bool BenchFlags::asks_for_real() const {
  return std::find(suites.begin(), suites.end(), kRealSuite) != suites.end();
}

std::vector<int> BenchFlags::PromptLengths() const {
  return ParseTokenCounts("--n-prompt", prompt_tokens);
}

std::vector<int> BenchFlags::AnswerLengths() const { return ParseTokenCounts("--n-gen", tokens); }

BenchFlags ParseBenchFlags(int argc, char** argv) {
  BenchFlags flags;
  flags.engine.model = "synthetic:tiny";
  for (const StrategyEntry& entry : Strategies()) flags.strategies.push_back(entry.traits.name);
  // Defaults; a later flag of the user's wins. mpirun makes stdout look like a terminal that it may
  // not be, so colours are left to --benchmark_color=true.
  flags.benchmark = {"--benchmark_counters_tabular=true", "--benchmark_color=false"};
  std::vector<std::string> benchmark;
  const std::vector<const char*> own = TakeBenchmarkArguments(argc, argv, benchmark);
  flags.benchmark.insert(flags.benchmark.end(), benchmark.begin(), benchmark.end());
  FlagSet set(
      "jupiter_bench",
      "Measures every strategy on one model over MPI ranks, each run checked against one process.\n"
      "Without flags: that on a tiny model, then the paper's experiments, emulated on 4 ranks.\n"
      "Flags of Google Benchmark stand at the end.",
      kBenchmarkHelp);
  AddWork(set, flags);
  AddChecks(set, flags);
  AddEmulation(set, flags);
  AddSuites(set, flags);
  LeaveToEmulatedSuites(set, flags);
  set.Parse(static_cast<int>(own.size()), own.data());
  CheckMeasuring(flags, benchmark);
  flags.draft.All();
  if (flags.emulates()) ParseBandwidths(flags.bandwidths);
  flags.main_job = IsMainJob(set, flags);
  flags.engine.given = set.given();
  flags.values = set.Values();
  flags.program = argv[0];
  flags.arguments.assign(argv, argv + argc);
  return flags;
}

}  // namespace jupiter

#include "bench/measure/benchmark_flags.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string_view>

#include "bench/flags/benchmark_arguments.h"
#include "bench/flags/parse_number.h"
#include "bench/flags/text_file.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

using Flags = std::vector<std::string>;

std::string Mapped(std::string text, int (*map)(int)) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [map](unsigned char c) { return static_cast<char>(map(c)); });
  return text;
}

// The value of --benchmark_`name`; "true" of a flag without one. The last of several wins.
std::optional<std::string> FindFlag(const Flags& flags, const std::string& name) {
  const std::string flag = "--benchmark_" + name;
  std::optional<std::string> value;
  if (const char* set = std::getenv(Mapped("benchmark_" + name, std::toupper).c_str())) value = set;
  for (const std::string& given : flags) {
    if (given == flag) value = "true";
    if (given.rfind(flag + "=", 0) == 0) value = given.substr(flag.size() + 1);
  }
  return value;
}

// As Google Benchmark understands yes and no; it takes every other text for yes.
bool IsTrue(const std::string& value, const std::string& name) {
  const std::string no[] = {"0", "f", "n", "false", "no", "off"};
  const std::string yes[] = {"1", "t", "y", "true", "yes", "on"};
  const std::string small = Mapped(value, std::tolower);
  if (std::find(std::begin(no), std::end(no), small) != std::end(no)) return false;
  if (std::find(std::begin(yes), std::end(yes), small) != std::end(yes)) return true;
  FailUser("--benchmark_{}={}: expected true or false", name, value);
}

bool SwitchIn(const Flags& flags, const std::string& name) {
  return IsTrue(FindFlag(flags, name).value_or("no"), name);
}

std::string FormatIn(const Flags& flags, const std::string& name, const std::string& without) {
  const std::string value = FindFlag(flags, name).value_or(without);
  if (value == "console" || value == "json" || value == "csv") return value;
  FailUser("--benchmark_{}={}: expected console, json or csv", name, value);
}

benchmark::TimeUnit UnitIn(const Flags& flags) {
  const std::string value = FindFlag(flags, "time_unit").value_or("ms");
  for (benchmark::TimeUnit unit : {benchmark::kNanosecond, benchmark::kMicrosecond,
                                   benchmark::kMillisecond, benchmark::kSecond}) {
    if (value == benchmark::GetTimeUnitString(unit)) return unit;
  }
  FailUser("--benchmark_time_unit={}: expected ns, us, ms or s", value);
}

// The number that the text is, or `otherwise`.
template <typename T>
T NumberIn(const std::string& text, T otherwise) {
  T number = otherwise;
  try {
    ParseNumber("", text, number);
  } catch (const UserError&) {
    return otherwise;  // the caller names the flag
  }
  return number;
}

int RepetitionsIn(const Flags& flags) {
  const std::string value = FindFlag(flags, "repetitions").value_or("1");
  constexpr int kMost = 1'000'000;
  const int repetitions = NumberIn(value, 0);
  if (repetitions < 1 || repetitions > kMost) {
    FailUser("--benchmark_repetitions={}: expected a whole number, 1 to {}", value, kMost);
  }
  return repetitions;
}

// Google Benchmark takes any text for a number, and goes on for ever with one that is none.
double SecondsIn(const Flags& flags, const std::string& name, const std::string& without) {
  const std::string value = FindFlag(flags, name).value_or(without);
  const bool has_unit = value.size() > 1 && value.back() == 's';
  const double seconds = NumberIn(has_unit ? value.substr(0, value.size() - 1) : value, -1.0);
  constexpr double kDay = 86400;
  if (!(seconds >= 0 && seconds <= kDay)) {
    FailUser("--benchmark_{}={}: expected seconds, 0 to {:g}", name, value, kDay);
  }
  return seconds;
}

bool ColorIn(const Flags& flags) {
  const std::string value = FindFlag(flags, "color").value_or("auto");
  return value == "auto" ? isatty(STDOUT_FILENO) != 0 : IsTrue(value, "color");
}

// "--benchmark_filter", and "filter", of "--benchmark_filter=x".
std::string NameOf(const std::string& flag) { return flag.substr(0, flag.find('=')); }
std::string SuffixOf(const std::string& flag) {
  return NameOf(flag).substr(std::string_view("--benchmark_").size());
}

// Of flags that stand on the command line; those of the environment may be for other programs, too.
void RefuseIdle(const Flags& flags, const BenchmarkOptions& options) {
  constexpr const char* kOfRepetitions[] = {"--benchmark_report_aggregates_only",
                                            "--benchmark_display_aggregates_only",
                                            "--benchmark_enable_random_interleaving"};
  for (const std::string& flag : flags) {
    if (flag.starts_with("--benchmark_out_format") && options.out.empty()) {
      FailUser("{} is for --benchmark_out=FILE; add that, or leave it out", flag);
    }
    const bool of_repetitions =
        std::any_of(std::begin(kOfRepetitions), std::end(kOfRepetitions),
                    [&](const char* known) { return NameOf(flag) == known; });
    if (of_repetitions && options.repetitions == 1 && SwitchIn(flags, SuffixOf(flag))) {
      FailUser("{} is for --benchmark_repetitions=N; add that, or leave it out", flag);
    }
  }
}

// They are counters of a library that packages leave out.
void RefusePerfCounters(const Flags& flags) {
  for (const std::string& flag : flags) {
    if (NameOf(flag) != "--benchmark_perf_counters") continue;
    FailUser("{}: not supported; see perf stat for counters of the processor", flag);
  }
}

BenchmarkOptions ReadOptions(const Flags& flags) {
  BenchmarkOptions options;
  options.filter = CaseFilter(FindFlag(flags, "filter").value_or(""));
  options.lists = SwitchIn(flags, "list_tests");
  options.format = FormatIn(flags, "format", "console");
  options.out = FindFlag(flags, "out").value_or("");
  options.out_format = FormatIn(flags, "out_format", "json");
  options.tabular = SwitchIn(flags, "counters_tabular");
  options.color = ColorIn(flags);
  options.unit = UnitIn(flags);
  options.repetitions = RepetitionsIn(flags);
  const double seconds = SecondsIn(flags, "min_time", "0.5");  // Google Benchmark's own
  const double warm_up = SecondsIn(flags, "min_warmup_time", "0");
  options.warms_up = warm_up > 0;
  const bool mixes = SwitchIn(flags, "enable_random_interleaving");
  options.measuring = {{"--benchmark_repetitions", fmt::format("{}", options.repetitions)},
                       {"--benchmark_min_time", fmt::format("{}", seconds)},
                       {"--benchmark_min_warmup_time", fmt::format("{}", warm_up)},
                       {"--benchmark_enable_random_interleaving", fmt::format("{}", mixes)}};
  for (const auto& [name, value] : options.measuring) JUPITER_CHECK(IsMeasuringFlag(name));
  for (const char* name : {"report_aggregates_only", "display_aggregates_only"}) {
    SwitchIn(flags, name);
  }
  RefusePerfCounters(flags);
  RefuseIdle(flags, options);
  return options;
}

// Newer versions of Google Benchmark write 0.05s, older ones take 0.05 only, and all take that.
void DropUnit(std::string& flag) {
  const std::string name = "--benchmark_min_time=";
  if (flag.rfind(name, 0) != 0 || flag.size() < name.size() + 2 || flag.back() != 's') return;
  if (std::isdigit(static_cast<unsigned char>(flag[flag.size() - 2])) != 0) flag.pop_back();
}

}  // namespace

BenchmarkOptions InitialiseBenchmark(char* program, std::vector<std::string> flags) {
  BenchmarkOptions options = ReadOptions(flags);
  std::for_each(flags.begin(), flags.end(), DropUnit);
  std::vector<char*> argv = {program};
  for (std::string& flag : flags) argv.push_back(flag.data());
  int argc = static_cast<int>(argv.size());
  benchmark::Initialize(&argc, argv.data());
  if (argc > 1) {
    FailUser("{}: Google Benchmark does not take this flag or its value; --help lists them",
             argv[1]);
  }
  return options;
}

bool ReportArrived(const BenchmarkOptions& options) {
  std::cout.flush();
  if (!std::cout || std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    fmt::print(stderr, "jupiter: error: the report could not be written to stdout\n");
    return false;
  }
  // Google Benchmark does not say whether its file took the report; one that did has ended it.
  if (options.out.empty() || options.lists) return true;
  const std::optional<std::string> text = ReadTextFile(options.out);
  if (text && !text->empty() && text->back() == '\n') return true;
  fmt::print(stderr, "jupiter: error: --benchmark_out={}: the report could not be written\n",
             options.out);
  return false;
}

}  // namespace jupiter

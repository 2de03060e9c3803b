#include "bench/measure/benchmark_flags.h"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "bench/flags/text_file.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

// The value when `flag` is `name`=value, else nothing. The last flag of a name wins.
std::string FindFlag(const std::vector<std::string>& flags, const std::string& name) {
  std::string value;
  for (const std::string& flag : flags) {
    if (flag.rfind(name + "=", 0) == 0) value = flag.substr(name.size() + 1);
  }
  return value;
}

bool Lists(const std::vector<std::string>& flags) {
  for (const std::string& flag : flags) {
    if (flag == "--benchmark_list_tests" || flag == "--benchmark_list_tests=true") return true;
  }
  return false;
}

void CheckFormat(const std::vector<std::string>& flags, const std::string& name) {
  const std::string value = FindFlag(flags, name);
  if (value.empty() || value == "console" || value == "json" || value == "csv") return;
  FailUser("{}={}: expected console, json or csv", name, value);
}

void CheckRepetitions(const std::vector<std::string>& flags) {
  const std::string name = "--benchmark_repetitions";
  const std::string value = FindFlag(flags, name);
  if (!value.empty() && std::atoi(value.c_str()) < 1) {
    FailUser("{}={}: expected at least 1", name, value);
  }
}

}  // namespace

void InitialiseBenchmark(char* program, std::vector<std::string> flags) {
  CheckFormat(flags, "--benchmark_format");
  CheckFormat(flags, "--benchmark_out_format");
  CheckRepetitions(flags);
  std::vector<char*> argv = {program};
  for (std::string& flag : flags) argv.push_back(flag.data());
  int argc = static_cast<int>(argv.size());
  benchmark::Initialize(&argc, argv.data());
  if (argc > 1) {
    FailUser(
        "{}: Google Benchmark does not take this flag or its value; see --help and its user "
        "guide",
        argv[1]);
  }
}

bool ReportArrived(const std::vector<std::string>& flags) {
  std::cout.flush();
  if (!std::cout || std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    fmt::print(stderr, "jupiter: error: the report could not be written to stdout\n");
    return false;
  }
  // Google Benchmark does not say whether its file took the report; one that did has ended it.
  const std::string path = BenchmarkOut(flags);
  if (path.empty()) return true;
  const std::optional<std::string> text = ReadTextFile(path);
  if (text && !text->empty() && text->back() == '\n') return true;
  fmt::print(stderr, "jupiter: error: --benchmark_out={}: the report could not be written\n", path);
  return false;
}

bool PrintsForPeople(const std::vector<std::string>& flags) {
  const std::string format = FindFlag(flags, "--benchmark_format");
  return (format.empty() || format == "console") && !Lists(flags);
}

std::string BenchmarkOut(const std::vector<std::string>& flags) {
  return FindFlag(flags, "--benchmark_out");
}

}  // namespace jupiter

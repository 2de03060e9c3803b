// The flags of Google Benchmark: handed to it, read where they concern this program, too, and
// refused in our words when they are wrong.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <utility>
#include <vector>

#include "bench/measure/case_filter.h"

namespace jupiter {

// What they say. Google Benchmark takes each from the environment, too, and so is it here: FILTER
// is BENCHMARK_FILTER there.
struct BenchmarkOptions {
  CaseFilter filter;
  bool lists = false;               // names only
  std::string format = "console";   // of stdout: console, json or csv
  std::string out;                  // a file with the report, too; empty: none
  std::string out_format = "json";  // of that
  bool tabular = false;             // counters have columns
  bool color = false;
  benchmark::TimeUnit unit = benchmark::kMillisecond;
  int repetitions = 1;
  bool warms_up = false;
  // By name, of those that change how a row is measured: what they come to, given or not.
  std::vector<std::pair<std::string, std::string>> measuring;

  // Whether the report on stdout is for people, so that tables may follow it.
  bool prints_for_people() const { return format == "console"; }
};

// Throws UserError for flags that Google Benchmark does not know, and for values at which it would
// end this process and leave the other ranks waiting. `program` is argv[0]; Google Benchmark keeps
// the pointer.
BenchmarkOptions InitialiseBenchmark(char* program, std::vector<std::string> flags);

// False, with a line on stderr, when stdout or the file of --benchmark_out did not take the report.
// After benchmark::Shutdown.
bool ReportArrived(const BenchmarkOptions& options);

}  // namespace jupiter

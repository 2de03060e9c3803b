// One case of jupiter_bench: a row of the report.
#pragma once

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace jupiter {

// How far a run is.
struct Progress {
  std::size_t number = 0;  // of the case, in the order in which they run, from 1
  std::size_t cases = 0;   // that are selected
};
// "[3/24]"
inline std::string ToString(const Progress& progress) {
  return fmt::format("[{}/{}]", progress.number, progress.cases);
}

// What is known of a case only after its last repetition.
struct CaseEnd {
  std::string label;  // of all its rows; empty: as set when it ran
  // Of an iteration on average, by repetition; empty: what Google Benchmark measured.
  std::vector<double> cpu_seconds;
};

struct BenchCase {
  std::string name;  // as it is listed, filtered and printed
  // Called by Google Benchmark for each repetition, and before the first one until it knows how
  // many iterations a repetition has.
  std::function<void(benchmark::State&, const Progress&)> measure;
  // Called once, after the last one of so many repetitions. May be empty.
  std::function<CaseEnd(std::size_t repetitions)> end;
  std::size_t iterations = 0;   // of a repetition; 0: as many as --benchmark_min_time takes
  std::size_t repetitions = 0;  // 0: as many as --benchmark_repetitions says
};

}  // namespace jupiter

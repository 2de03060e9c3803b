// Runs cases with Google Benchmark.
#pragma once

#include <string>
#include <vector>

#include "bench/measure/bench_case.h"
#include "bench/measure/benchmark_flags.h"

namespace jupiter {

// The cases that the filter selects.
std::vector<BenchCase> Select(std::vector<BenchCase> cases, const CaseFilter& filter);

// Runs and reports all of them, under their names. After InitialiseBenchmark.
void RunCases(const std::vector<BenchCase>& cases, const BenchmarkOptions& options);

}  // namespace jupiter

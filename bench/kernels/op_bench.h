// Runs cases of ops under Google Benchmark.
#pragma once

#include <vector>

#include "bench/kernels/limits.h"
#include "bench/kernels/op_cases.h"
#include "bench/measure/bench_case.h"

namespace jupiter {

// A case of the benchmark for each op: the time of one op, from many in a row, and the counters
// GB/s, GOP/s and limit_%. The label names the limit that binds, bandwidth or compute. All
// arguments live as long as the cases. A case that the memory has no room for says so.
std::vector<BenchCase> BenchCasesOf(const OpCases& ops, Workbench& bench,
                                    const MachineLimits& limits);

}  // namespace jupiter

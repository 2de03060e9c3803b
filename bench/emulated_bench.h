// jupiter_bench --emulate: every strategy on a testbed that is described, not owned.
#pragma once

#include "bench/bench_flags.h"
#include "parallel/context.h"

namespace jupiter {

// All ranks record the cases; then rank 0 runs Google Benchmark over their replays. Returns the
// exit code, on every rank.
int RunEmulatedBench(Context& context, const BenchFlags& flags);

}  // namespace jupiter

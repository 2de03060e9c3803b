// Every strategy for real on one model over the ranks at hand, each run checked against one
// process.
#pragma once

#include <memory>

#include "bench/flags/bench_flags.h"
#include "bench/measure/suite.h"
#include "parallel/transport/transport.h"

namespace jupiter {

// Collective; throws UserError on all ranks. References outlive it.
std::unique_ptr<Suite> MakeRealSuite(Transport& transport, const BenchFlags& flags);

}  // namespace jupiter

// The cases of --emulate: every strategy on a described testbed, by record and replay.
#pragma once

#include <memory>

#include "bench/flags/bench_flags.h"
#include "bench/measure/suite.h"
#include "parallel/transport/transport.h"

namespace jupiter {

// Reads the name of the cluster alone. Collective; throws UserError on all ranks. References
// outlive it.
std::unique_ptr<Suite> MakeEmulatedSuite(Transport& transport, const BenchFlags& flags);

}  // namespace jupiter

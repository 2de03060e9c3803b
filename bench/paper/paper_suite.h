// The paper's experiments as cases of jupiter_bench.
#pragma once

#include <memory>
#include <string>

#include "bench/suite.h"
#include "parallel/transport.h"

namespace jupiter {

// The folder of the shipped experiment: paper.yaml and published/. Throws UserError without one.
std::string FindPaperFolder();

// Collective; throws UserError on all ranks, also when there are not as many ranks as devices.
std::unique_ptr<Suite> MakePaperSuite(Transport& transport, const std::string& folder);

}  // namespace jupiter

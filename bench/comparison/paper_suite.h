// Emulated experiments as cases of jupiter_bench.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "bench/measure/suite.h"
#include "parallel/transport/transport.h"

namespace jupiter {

// Suites of emulated cells that are shipped, and the file of one: experiments/NAME/NAME.yaml.
inline constexpr std::string_view kEmulatedSuites[] = {"paper", "ablation", "fair"};
// Throws UserError when the file is not there.
std::string FindExperimentOf(const std::string& suite);

// Of an experiment's file; published values lie beside it in published/, or there are none.
// Throws UserError on all ranks; to prepare it does, too, when there are not as many ranks as
// devices. The transport outlives it.
std::unique_ptr<Suite> MakePaperSuite(Transport& transport, const std::string& file);

}  // namespace jupiter

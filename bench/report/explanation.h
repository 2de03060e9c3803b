// Why a replayed run took as long as it did, for a reader at a terminal.
#pragma once

#include <string>
#include <vector>

#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"

namespace jupiter {

// The critical path of the prompt and of the answer by what it goes by; what each rank did; and
// what one better thing of the testbed would gain, by replaying the record. `devices`: names by
// rank. The request is that of the marks at rank 0; several sets of requests are taken as one.
std::string Explain(const RunRecord& record, const Testbed& testbed,
                    const std::vector<std::string>& devices);

}  // namespace jupiter

// Why a replayed run took as long as it did, for a reader at a terminal.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"

namespace jupiter {

// Of the prompt, and of the answer.
using PhaseSeconds = std::array<double, 2>;
// The head of a table with such columns, in milliseconds and percent.
std::string PhaseHeader(std::string_view title);
// A line of it: what a change comes to, and how much more or less that is than before.
std::string ShowChange(std::string_view change, const PhaseSeconds& before,
                       const PhaseSeconds& after);

// The critical path of the prompt and of the answer by what it goes by; what each rank did; and
// what one better thing of the testbed would gain, by replaying the record. `devices`: names by
// rank. The request is that of the marks at rank 0; several sets of requests are taken as one.
std::string Explain(const RunRecord& record, const Testbed& testbed,
                    const std::vector<std::string>& devices);

}  // namespace jupiter

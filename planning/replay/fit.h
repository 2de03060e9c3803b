// Whether a record can run on a testbed at all, before it does.
#pragma once

#include "planning/record/record.h"
#include "planning/replay/testbed.h"

namespace jupiter {

// Throws UserError: the number of ranks, links that carry nothing, peers that are not there.
void CheckFit(const RunRecord& record, const Testbed& testbed);

}  // namespace jupiter

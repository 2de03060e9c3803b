// Whether a record can run on a testbed at all, before it does.
#pragma once

#include "planning/record/record.h"
#include "planning/replay/testbed.h"

namespace jupiter {

// Throws UserError for a wrong number of ranks, links that carry nothing, and peers that do not
// exist.
void CheckFit(const RunRecord& record, const Testbed& testbed);

}  // namespace jupiter

// What options of a session come to before anything is loaded: the plan, and that of its reference.
#pragma once

#include <vector>

#include "parallel/session/session.h"

namespace jupiter {

// Rows that a request holds after its text until they are settled, without the one that its last
// token has.
int RowsInFlight(const SessionOptions& options);

// The options' plan, completed for this many ranks. `speeds` (layers per second of each rank) is
// read for kSpeed only. Throws UserError.
Plan CompletePlan(const SessionOptions& options, const ModelShape& shape, int ranks,
                  const std::vector<double>& speeds);

// Makes options for `local` those of a reference for this plan: the same bits from one process.
void ReferTo(const Plan& plan, SessionOptions& options);

}  // namespace jupiter

// What a record must tell of its requests.
#pragma once

#include "planning/record/record.h"

namespace jupiter {

// Throws UserError unless the source's marks are those of a set of requests from start to end, with
// tokens of steps that were taken up before: times are taken from them.
void CheckMarks(const RunRecord& record);

}  // namespace jupiter

// What a record must tell of its requests.
#pragma once

#include "planning/record/record.h"

namespace jupiter {

// Throws UserError unless the source's marks are those of requests from their start to their end:
// what times are taken from.
void CheckMarks(const RunRecord& record);

}  // namespace jupiter

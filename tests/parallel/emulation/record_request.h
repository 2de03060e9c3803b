// What the tests of emulation share: the record of one request.
#pragma once

#include "parallel/session/session.h"
#include "planning/record/record.h"

namespace jupiter {

// Of options.max_tokens tokens after a prompt of options.prompt_tokens, on all ranks; at rank 0,
// the others get a run without ranks. Expects that a device without data reads none, and as many
// tokens as were asked for.
RunRecord RecordRequest(Transport& transport, Device& device, Checkpoint& checkpoint,
                        const SessionOptions& options);

// Takes away the bytes that closed forms do not have: those of frames and headers, and of rows for
// the head.
void DropOverheads(RunRecord& record);

}  // namespace jupiter

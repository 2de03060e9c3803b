// The records of all ranks as one.
#pragma once

#include <string>

#include "parallel/transport/recorder.h"
#include "parallel/transport/transport.h"
#include "planning/record/record.h"

namespace jupiter {

// Takes what the ranks have recorded to rank 0; the other ranks get a run without ranks. Every rank
// calls it, after Transport::RecordTo(nullptr) and with nothing in flight on Channel::kControl.
RunRecord GatherRecords(Transport& transport, Recorder& recorder, const std::string& description);

}  // namespace jupiter

// A slow simulator written apart from the real one, as its oracle: time goes in whole ticks of one
// second, and every rank, queue and wire is moved on tick by tick.
//
// Takes records and testbeds in which every time comes out whole: op seconds, overheads, latencies
// and trace steps are whole seconds, and the rates of a trace are 0 or one power of two by which
// the work is divisible. A message must take at least one second on the wire.
#pragma once

#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"

namespace jupiter {

// As Simulate with recorded costs, without spans. CHECKs that it ends.
Replay SimulateByTicks(const RunRecord& record, const Testbed& testbed);

}  // namespace jupiter

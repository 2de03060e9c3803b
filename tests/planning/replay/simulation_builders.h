// Small records and testbeds for tests of the simulator. Ops carry their seconds (MeasuredCosts).
#pragma once

#include <cstdint>
#include <vector>

#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"

namespace jupiter {

// Appends to the events of one rank.
class RankBuilder {
 public:
  explicit RankBuilder(RankRecord& record) : record_(record) {}
  RankBuilder& Op(double seconds);
  RankBuilder& Send(int peer, std::int64_t bytes, int channel = 0);
  RankBuilder& Receive(int peer, std::int64_t bytes, int channel = 0);
  RankBuilder& Mark(MarkKind kind, std::int64_t index = 0);

 private:
  RankRecord& record_;
};

RunRecord EmptyRecord(int ranks);
RankBuilder At(RunRecord& record, int rank);

// `ranks` devices with recorded costs, every link alike.
Testbed UniformTestbed(int ranks, const Link& link);

// 1000 bytes take 1 s on it; nothing else takes time.
Link PlainLink();

}  // namespace jupiter

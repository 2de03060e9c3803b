#include "tests/planning/replay/simulation_builders.h"

#include <memory>

#include "planning/replay/measured_costs.h"
#include "planning/replay/testbed.h"

namespace jupiter {

RankBuilder& RankBuilder::Op(double seconds) {
  OpEvent event;
  event.op.kind = OpKind::kLinear;
  event.op.seconds = seconds;
  record_.events.emplace_back(event);
  return *this;
}

RankBuilder& RankBuilder::Send(int peer, std::int64_t bytes, int channel) {
  record_.events.emplace_back(SendEvent{peer, channel, bytes / 4, bytes - bytes / 4, 0, 0});
  return *this;
}

RankBuilder& RankBuilder::Receive(int peer, std::int64_t bytes, int channel) {
  record_.events.emplace_back(ReceiveEvent{peer, channel, bytes / 4, bytes - bytes / 4, 0, 0});
  return *this;
}

RankBuilder& RankBuilder::Mark(MarkKind kind, std::int64_t index) {
  record_.events.emplace_back(MarkEvent{kind, index, 0});
  return *this;
}

RunRecord EmptyRecord(int ranks) {
  RunRecord record;
  record.ranks.resize(static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank) record.ranks[static_cast<std::size_t>(rank)].rank = rank;
  return record;
}

RankBuilder At(RunRecord& record, int rank) {
  return RankBuilder(record.ranks[static_cast<std::size_t>(rank)]);
}

Testbed UniformTestbed(int ranks, const Link& link) {
  const auto size = static_cast<std::size_t>(ranks);
  Testbed testbed;
  testbed.costs.assign(size, std::make_shared<const MeasuredCosts>());
  testbed.links.assign(size, std::vector<Link>(size, link));
  return testbed;
}

Link PlainLink() {
  Link link;
  link.bandwidth = 8000;
  return link;
}

}  // namespace jupiter

#include "tests/planning/replay/random_runs.h"

#include <deque>
#include <vector>

#include "tests/planning/replay/simulation_builders.h"

namespace jupiter {
namespace {

// Rates 0 and one power of two, changing at whole seconds.
RateTrace RandomTrace(Dice& dice) {
  if (dice.Roll(2) == 0) return {};
  const double rate = std::vector<double>{0.5, 1, 2}[static_cast<std::size_t>(dice.Roll(3))];
  std::vector<RateStep> steps;
  double start = dice.Roll(4);
  for (int i = dice.Roll(4); i > 0; --i) {
    steps.push_back({start, dice.Roll(2) == 0 ? 0 : rate});
    start += 1 + dice.Roll(20);
  }
  steps.push_back({start, rate});
  return RateTrace(steps);
}

// A message of 8, 16, 24 or 32 bytes takes 1 to 16 s of bits (2 to 16 where the trace needs that).
Link RandomLink(Dice& dice) {
  Link link;
  link.efficiency = dice.Roll(2) == 0 ? 1 : 0.5;
  link.bandwidth = (8 << dice.Roll(2)) / link.efficiency;
  if (dice.Roll(3) == 0) link.bandwidth *= 2;
  link.latency = dice.Roll(2) == 0 ? 0 : dice.Roll(20);
  link.wire_seconds = dice.Roll(3);
  link.host_seconds = dice.Roll(3) / 2;
  link.host_seconds_per_byte = dice.Roll(4) == 0 ? 0.125 : 0;
  link.trace = RandomTrace(dice);
  return link;
}

}  // namespace

Testbed RandomTestbed(Dice& dice, int ranks) {
  Testbed testbed = UniformTestbed(ranks, PlainLink());
  const bool uniform = dice.Roll(3) == 0;  // more ties
  const Link link = RandomLink(dice);
  for (std::vector<Link>& row : testbed.links) {
    for (Link& one : row) one = uniform ? link : RandomLink(dice);
  }
  if (dice.Roll(2) == 0) {
    for (int rank = 0; rank < ranks; ++rank) testbed.speed.push_back(RandomTrace(dice));
  }
  testbed.shared_medium = dice.Roll(3) == 0;
  return testbed;
}

namespace {

struct Sent {
  int source = 0;
  int destination = 0;
  int channel = 0;
  std::int64_t bytes = 0;
};

// The first message sent among those alike one picked at random, taken out: channels are in order.
Sent TakeOne(Dice& dice, std::deque<Sent>& sent) {
  const Sent picked = sent[static_cast<std::size_t>(dice.Roll(static_cast<int>(sent.size())))];
  for (auto it = sent.begin();; ++it) {
    if (it->source != picked.source || it->destination != picked.destination ||
        it->channel != picked.channel) {
      continue;
    }
    const Sent first = *it;
    sent.erase(it);
    return first;
  }
}

}  // namespace

// Events are made in one order of the whole system that could happen, so no rank waits for ever.
RunRecord RandomRecord(Dice& dice, int ranks, int events) {
  RunRecord record = EmptyRecord(ranks);
  std::deque<Sent> sent;
  const auto receive = [&] {
    const Sent message = TakeOne(dice, sent);
    At(record, message.destination).Receive(message.source, message.bytes, message.channel);
  };
  const int talk = 2 + dice.Roll(4);
  for (int i = 0; i < events; ++i) {
    const int rank = dice.Roll(ranks);
    const int what = dice.Roll(talk + 2);
    if (what == 0 || ranks == 1) {
      At(record, rank).Op(2 * dice.Roll(5));
    } else if (what == 1) {
      At(record, rank).Mark(MarkKind::kToken, i);
    } else if (what % 2 == 0 || sent.empty()) {
      const int peer = (rank + 1 + dice.Roll(ranks - 1)) % ranks;
      sent.push_back({rank, peer, dice.Roll(2), 8 + 8 * dice.Roll(4)});
      At(record, rank).Send(peer, sent.back().bytes, sent.back().channel);
    } else {
      receive();
    }
  }
  while (!sent.empty()) receive();
  return record;
}

}  // namespace jupiter

// Random records on random testbeds, against a simulator that goes tick by tick. All times are
// whole seconds, so ties abound, and results must be equal, not close.
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "kernels/base/rng.h"
#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"
#include "tests/planning/replay/simulation_builders.h"
#include "tests/planning/replay/tick_reference.h"

namespace jupiter {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : rng_(seed) {}
  // In [0, sides).
  int Roll(int sides) {
    return static_cast<int>(rng_.Bits(next_++) % static_cast<std::uint64_t>(sides));
  }

 private:
  CounterRng rng_;
  std::uint64_t next_ = 0;
};

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

void ExpectSameMarks(const std::vector<MarkTime>& marks, const std::vector<MarkTime>& expected) {
  ASSERT_EQ(marks.size(), expected.size());
  for (std::size_t i = 0; i < marks.size(); ++i) {
    EXPECT_EQ(marks[i].index, expected[i].index);
    EXPECT_EQ(marks[i].time, expected[i].time) << "mark " << i;
  }
}

void ExpectSame(const Replay& replay, const Replay& expected) {
  EXPECT_EQ(replay.end, expected.end);
  EXPECT_EQ(replay.events, expected.events);
  ASSERT_EQ(replay.ranks.size(), expected.ranks.size());
  for (std::size_t i = 0; i < replay.ranks.size(); ++i) {
    SCOPED_TRACE("rank " + std::to_string(i));
    const RankReplay& a = replay.ranks[i];
    const RankReplay& b = expected.ranks[i];
    EXPECT_EQ(a.end, b.end);
    EXPECT_EQ(a.compute_seconds, b.compute_seconds);
    EXPECT_EQ(a.host_seconds, b.host_seconds);
    EXPECT_EQ(a.wait_seconds, b.wait_seconds);
    EXPECT_EQ(a.egress_seconds, b.egress_seconds);
    EXPECT_EQ(a.ingress_seconds, b.ingress_seconds);
    EXPECT_EQ(a.bytes_sent, b.bytes_sent);
    EXPECT_EQ(a.messages_sent, b.messages_sent);
    ExpectSameMarks(a.marks, b.marks);
  }
}

// Spans cover a rank's time without gaps and add up to its sums.
void ExpectWholeSpans(const RankReplay& rank) {
  double now = 0;
  double sums[3] = {0, 0, 0};
  const Span* last = nullptr;
  for (const Span& span : rank.spans) {
    EXPECT_EQ(span.begin, now);
    EXPECT_LT(span.begin, span.end);
    EXPECT_TRUE(last == nullptr || span.kind != last->kind);
    sums[static_cast<int>(span.kind)] += span.end - span.begin;
    now = span.end;
    last = &span;
  }
  EXPECT_EQ(now, rank.end);
  EXPECT_EQ(sums[static_cast<int>(Span::Kind::kCompute)], rank.compute_seconds);
  EXPECT_EQ(sums[static_cast<int>(Span::Kind::kHost)], rank.host_seconds);
  EXPECT_EQ(sums[static_cast<int>(Span::Kind::kWait)], rank.wait_seconds);
}

class RandomRecordsTest : public testing::TestWithParam<int> {};

TEST_P(RandomRecordsTest, EqualTheTickByTickSimulator) {
  const int ranks = GetParam();
  for (int seed = 0; seed < 600; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(HashBytes("random records") + static_cast<std::uint64_t>(1000 * ranks + seed));
    const RunRecord record = RandomRecord(dice, ranks, 10 + dice.Roll(30 * ranks));
    const Testbed testbed = RandomTestbed(dice, ranks);
    ReplayOptions options;
    options.spans = true;
    const Replay replay = Simulate(record, testbed, options);
    ExpectSame(replay, SimulateByTicks(record, testbed));
    for (const RankReplay& rank : replay.ranks) ExpectWholeSpans(rank);
    if (HasFailure()) return;  // one failing case is enough to read
  }
}

// Odd numbers everywhere, so that every sum rounds.
Replay ReplayOddNumbers(int ranks, int seed) {
  Dice dice(HashBytes("odd numbers") + static_cast<std::uint64_t>(1000 * ranks + seed));
  const RunRecord record = RandomRecord(dice, ranks, 200);
  Testbed testbed = RandomTestbed(dice, ranks);
  for (std::vector<Link>& row : testbed.links) {
    for (Link& link : row) {
      link.bandwidth /= 0.5 + dice.Roll(1000) / 997.0;
      link.latency += dice.Roll(1000) / 991.0;
      link.host_seconds += dice.Roll(1000) / 983.0;
    }
  }
  return Simulate(record, testbed);
}

TEST_P(RandomRecordsTest, ReplayingTwiceGivesTheSameBits) {
  for (int seed = 0; seed < 20; ++seed) {
    const Replay replay = ReplayOddNumbers(GetParam(), seed);
    ExpectSame(replay, ReplayOddNumbers(GetParam(), seed));
    EXPECT_GT(replay.end, 0);
  }
}

// The same on every machine and compiler.
TEST(GoldenReplayTest, Bits) {
  EXPECT_EQ(ReplayOddNumbers(2, 1).end, 0x1.1a218b676e531p+10);
  EXPECT_EQ(ReplayOddNumbers(4, 2).end, 0x1.8076f586605a4p+9);
  EXPECT_EQ(ReplayOddNumbers(6, 3).end, 0x1.4870237018adep+9);
  EXPECT_EQ(ReplayOddNumbers(6, 4).end, 0x1.e3ddf2166e031p+8);
}

INSTANTIATE_TEST_SUITE_P(Ranks, RandomRecordsTest, testing::Values(1, 2, 3, 4, 6));

}  // namespace
}  // namespace jupiter

// Random records on random testbeds, against a simulator that goes tick by tick. All times are
// whole seconds, so ties abound, and results must be equal, not close.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/base/rng.h"
#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"
#include "tests/planning/replay/random_runs.h"
#include "tests/planning/replay/tick_reference.h"

namespace jupiter {
namespace {

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

// Activities cover a rank's time without gaps and add up to its sums.
void ExpectWholeActivities(const RankReplay& rank) {
  double now = 0;
  double sums[3] = {0, 0, 0};
  const Activity* last = nullptr;
  for (const Activity& span : rank.activities) {
    EXPECT_EQ(span.begin, now);
    EXPECT_LT(span.begin, span.end);
    EXPECT_TRUE(last == nullptr || span.kind != last->kind);
    sums[static_cast<int>(span.kind)] += span.end - span.begin;
    now = span.end;
    last = &span;
  }
  EXPECT_EQ(now, rank.end);
  EXPECT_EQ(sums[static_cast<int>(Activity::Kind::kCompute)], rank.compute_seconds);
  EXPECT_EQ(sums[static_cast<int>(Activity::Kind::kHost)], rank.host_seconds);
  EXPECT_EQ(sums[static_cast<int>(Activity::Kind::kWait)], rank.wait_seconds);
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
    options.activities = true;
    const Replay replay = Simulate(record, testbed, options);
    ExpectSame(replay, SimulateByTicks(record, testbed));
    for (const RankReplay& rank : replay.ranks) ExpectWholeActivities(rank);
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

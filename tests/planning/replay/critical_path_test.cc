// The critical path has no gaps, and bounds what a better testbed can gain.
#include "planning/replay/critical_path.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "planning/replay/what_if.h"
#include "tests/planning/replay/random_runs.h"
#include "tests/planning/replay/simulation_builders.h"

namespace jupiter {
namespace {

using Kind = PathPart::Kind;

constexpr ReplayOptions kDetails = {.activities = true, .details = true};

struct Expected {
  Kind kind;
  int rank;
  int peer;
  double begin, end;
};

void ExpectPath(const std::vector<PathPart>& path, const std::vector<Expected>& expected) {
  ASSERT_EQ(path.size(), expected.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    EXPECT_EQ(static_cast<int>(path[i].kind), static_cast<int>(expected[i].kind)) << i;
    EXPECT_EQ(path[i].rank, expected[i].rank) << i;
    EXPECT_EQ(path[i].peer, expected[i].peer) << i;
    EXPECT_DOUBLE_EQ(path[i].begin, expected[i].begin) << i;
    EXPECT_DOUBLE_EQ(path[i].end, expected[i].end) << i;
  }
}

// 1000 bytes take 1 s.
Link SlowLink() {
  Link link = PlainLink();
  link.latency = 0.5;
  link.host_seconds = 0.25;
  return link;
}

TEST(CriticalPathTest, OfAMessageThatWaitsBehindAnother) {
  RunRecord record = EmptyRecord(2);
  At(record, 0).Op(1).Send(1, 2000).Op(1).Send(1, 1000);
  At(record, 1).Receive(0, 2000).Receive(0, 1000).Op(4);
  const Replay replay = Simulate(record, UniformTestbed(2, SlowLink()), kDetails);
  // The first one leaves from 1.25 to 3.25, the second is sent at 2.5. The receiver is done with
  // the first one at 4, before the second arrives.
  ExpectPath(CriticalPath(replay, 1, 0, replay.end), {{Kind::kCompute, 0, -1, 0, 1},
                                                      {Kind::kHost, 0, -1, 1, 1.25},
                                                      {Kind::kQueue, 0, 1, 1.25, 3.25},
                                                      {Kind::kLatency, 0, 1, 3.25, 3.75},
                                                      {Kind::kWire, 0, 1, 3.75, 4.75},
                                                      {Kind::kHost, 1, -1, 4.75, 5},
                                                      {Kind::kCompute, 1, -1, 5, 9}});
  // From the middle of a part.
  ExpectPath(CriticalPath(replay, 1, 4.5, 5),
             {{Kind::kWire, 0, 1, 4.5, 4.75}, {Kind::kHost, 1, -1, 4.75, 5}});
}

TEST(CriticalPathTest, OfTwoSendersAtOneReceiver) {
  RunRecord record = EmptyRecord(3);
  At(record, 0).Receive(1, 1000).Receive(2, 4000);
  At(record, 1).Op(3).Send(0, 1000);
  At(record, 2).Op(2).Send(0, 4000);
  Link link = PlainLink();
  const Replay replay = Simulate(record, UniformTestbed(3, link), kDetails);
  // Rank 2's message is there first and keeps rank 1's waiting from 3 to 6.
  const double of_first = replay.ranks[0].activities.front().end;
  EXPECT_EQ(of_first, 7);
  ExpectPath(
      CriticalPath(replay, 0, 0, of_first),
      {{Kind::kCompute, 2, -1, 0, 2}, {Kind::kQueue, 2, 0, 2, 6}, {Kind::kWire, 1, 0, 6, 7}});
}

TEST(CriticalPathTest, OnASharedMedium) {
  RunRecord record = EmptyRecord(3);
  At(record, 0).Op(1).Send(1, 3000);
  At(record, 1).Receive(0, 3000);
  At(record, 2).Op(2).Send(1, 1000);
  At(record, 1).Receive(2, 1000);
  Testbed testbed = UniformTestbed(3, PlainLink());
  for (auto& from : testbed.links) {
    for (Link& link : from) link.latency = 0.5;
  }
  testbed.shared_medium = true;
  const Replay replay = Simulate(record, testbed, kDetails);
  ExpectPath(CriticalPath(replay, 1, 0, replay.end), {{Kind::kCompute, 0, -1, 0, 1},
                                                      {Kind::kQueue, 0, 1, 1, 4},
                                                      {Kind::kWire, 2, 1, 4, 5},
                                                      {Kind::kLatency, 2, 1, 5, 5.5}});
}

TEST(CriticalPathTest, RanksAreBusyWaitOrIdle) {
  RunRecord record = EmptyRecord(2);
  At(record, 0).Op(1).Send(1, 2000).Op(1);
  At(record, 1).Receive(0, 2000).Op(4);
  const Replay replay = Simulate(record, UniformTestbed(2, SlowLink()), kDetails);
  const std::vector<RankTimes> times = TimesOfRanks(replay, 0, replay.end);
  EXPECT_EQ(times[0].compute, 2);
  EXPECT_EQ(times[0].host, 0.25);
  EXPECT_EQ(times[0].waits, (std::vector<double>{0, 0}));
  EXPECT_EQ(times[0].idle, 5.75);
  EXPECT_EQ(times[1].compute, 4);
  EXPECT_EQ(times[1].waits, (std::vector<double>{3.75, 0}));
  EXPECT_EQ(times[1].idle, 0);
}

void ExpectNoGaps(const std::vector<PathPart>& path, double from, double until) {
  double now = from;
  for (const PathPart& part : path) {
    EXPECT_EQ(part.begin, now);
    EXPECT_LT(part.begin, part.end);
    now = part.end;
  }
  EXPECT_EQ(now, until);
}

double SumOf(const RankTimes& times) {
  double sum = times.compute + times.host + times.idle;
  for (double wait : times.waits) sum += wait;
  return sum;
}

class RandomPathsTest : public testing::TestWithParam<int> {};

// In whole seconds, so that sums are exact.
TEST_P(RandomPathsTest, PartsAddUpToTheWhole) {
  for (int seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(HashBytes("paths") + static_cast<std::uint64_t>(1000 * GetParam() + seed));
    const RunRecord record = RandomRecord(dice, GetParam(), 10 + dice.Roll(30 * GetParam()));
    const Replay replay = Simulate(record, RandomTestbed(dice, GetParam()), kDetails);
    const double from = dice.Roll(20);
    for (int rank = 0; rank < GetParam(); ++rank) {
      const double end = replay.ranks[static_cast<std::size_t>(rank)].end;
      ExpectNoGaps(CriticalPath(replay, rank, std::min(from, end), end), std::min(from, end), end);
    }
    const double until = std::max(from, replay.end);
    for (const RankTimes& times : TimesOfRanks(replay, from, until)) {
      EXPECT_EQ(SumOf(times), until - from);
    }
    if (HasFailure()) return;
  }
}

// Seconds of the path that each of OneThingBetter makes shorter, in its order.
std::vector<double> SharesOf(const std::vector<PathPart>& path, int ranks) {
  constexpr int kBeforeRanks = 4;
  std::vector<double> shares(static_cast<std::size_t>(kBeforeRanks + ranks));
  for (const PathPart& part : path) {
    std::size_t index = 0;  // wire and queue
    if (part.kind == Kind::kLatency) index = 1;
    if (part.kind == Kind::kHost) index = 2;
    if (part.kind == Kind::kCompute) {
      index = static_cast<std::size_t>(kBeforeRanks + part.rank);
      shares[3] += part.end - part.begin;  // every device
    }
    shares[index] += part.end - part.begin;
  }
  return shares;
}

// Whose messages follow each other at every receiver, or on the medium.
std::vector<std::tuple<int, double, int>> OrderOf(const Replay& replay) {
  std::vector<std::tuple<int, double, int>> order;
  for (const MessageTrip& trip : replay.trips) {
    order.emplace_back(replay.shared_medium ? 0 : trip.destination,
                       replay.shared_medium ? trip.leave : trip.enter, trip.source);
  }
  std::stable_sort(order.begin(), order.end());
  for (auto& [where, time, source] : order) time = 0;
  return order;
}

Testbed WithoutTraces(Testbed testbed) {
  testbed.speed.clear();
  for (std::vector<Link>& from : testbed.links) {
    for (Link& link : from) link.trace = {};
  }
  return testbed;
}

// A path keeps its parts while messages keep their order, so what makes one of them k times as fast
// gains at most 1 - 1/k of it. (In another order a message may gain a whole turn in a queue.)
TEST_P(RandomPathsTest, BoundWhatABetterTestbedGains) {
  const std::vector<std::string> names(static_cast<std::size_t>(GetParam()), "device");
  int kept_order = 0, changes = 0;
  for (int seed = 0; seed < 200; ++seed) {
    Dice dice(HashBytes("gains") + static_cast<std::uint64_t>(1000 * GetParam() + seed));
    const RunRecord record = RandomRecord(dice, GetParam(), 10 + dice.Roll(30 * GetParam()));
    const Testbed testbed = WithoutTraces(RandomTestbed(dice, GetParam()));
    const double times = 1 + (1 + dice.Roll(8)) / 4.0;
    const Replay replay = Simulate(record, testbed, kDetails);
    const auto last = std::max_element(replay.ranks.begin(), replay.ranks.end(),
                                       [](const auto& a, const auto& b) { return a.end < b.end; });
    const std::vector<double> shares =
        SharesOf(CriticalPath(replay, static_cast<int>(last - replay.ranks.begin()), 0, replay.end),
                 GetParam());
    const std::vector<Change> better = OneThingBetter(testbed, names, times);
    for (std::size_t i = 0; i < better.size(); ++i) {
      const Replay then = Simulate(record, better[i].testbed, kDetails);
      ++changes;
      if (OrderOf(then) != OrderOf(replay)) continue;
      ++kept_order;
      EXPECT_LE(replay.end - then.end, (1 - 1 / times) * shares[i] + 1e-9 * replay.end)
          << "seed " << seed << ", " << better[i].name;
    }
  }
  EXPECT_GT(kept_order, changes / 2);
}

INSTANTIATE_TEST_SUITE_P(Ranks, RandomPathsTest, testing::Values(1, 2, 3, 4, 6));

}  // namespace
}  // namespace jupiter

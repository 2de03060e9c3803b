// All-reduces against their closed forms. All numbers are multiples of small powers of two.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "kernels/base/rng.h"
#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"
#include "tests/planning/replay/simulation_builders.h"

namespace jupiter {
namespace {

constexpr double kAdd = 0.125;  // seconds of one addition of a chunk

// Reduce-scatter and all-gather over a ring: 2 (n-1) steps, each with a chunk of S/n to the next
// rank and one from the previous.
RunRecord RingAllReduce(int ranks, std::int64_t chunk_bytes) {
  RunRecord record = EmptyRecord(ranks);
  for (int step = 0; step < 2 * (ranks - 1); ++step) {
    for (int rank = 0; rank < ranks; ++rank) {
      RankBuilder builder = At(record, rank);
      builder.Send((rank + 1) % ranks, chunk_bytes);
      builder.Receive((rank + ranks - 1) % ranks, chunk_bytes);
      if (step < ranks - 1) builder.Op(kAdd);
    }
  }
  return record;
}

// Everybody sends everything to rank 0, which sends everything back.
RunRecord StarAllReduce(int ranks, std::int64_t bytes) {
  RunRecord record = EmptyRecord(ranks);
  for (int rank = 1; rank < ranks; ++rank) {
    At(record, rank).Send(0, bytes).Receive(0, bytes);
    At(record, 0).Receive(rank, bytes);
  }
  for (int rank = 1; rank < ranks; ++rank) At(record, 0).Send(rank, bytes);
  return record;
}

class CollectiveTest : public testing::TestWithParam<int> {
 protected:
  int n() const { return GetParam(); }
};

TEST_P(CollectiveTest, Ring) {
  Link link = PlainLink();
  link.latency = 0.25;
  link.wire_seconds = 0.5;
  link.host_seconds = 0.0625;
  const Replay replay = Simulate(RingAllReduce(n(), 2000), UniformTestbed(n(), link));
  const double step = 2 * 0.0625 + 0.5 + 2 + 0.25;
  for (const RankReplay& rank : replay.ranks) {
    EXPECT_EQ(rank.end, 2 * (n() - 1) * step + (n() - 1) * kAdd);
    EXPECT_EQ(rank.bytes_sent, 2 * (n() - 1) * 2000);
    EXPECT_EQ(rank.egress_seconds, 2 * (n() - 1) * 2.5);
    EXPECT_EQ(rank.ingress_seconds, 2 * (n() - 1) * 2.5);
  }
}

// A chunk takes S/n on the wire, so the whole takes 2 (n-1)/n S whatever n.
TEST_P(CollectiveTest, RingMovesTwoNMinusOneNthsOfTheBuffer) {
  RunRecord record = RingAllReduce(n(), 24000 / n());
  const Replay replay = Simulate(record, UniformTestbed(n(), PlainLink()));
  EXPECT_NEAR(replay.end, 2.0 * (n() - 1) / n() * 24 + (n() - 1) * kAdd, 1e-12);
}

// A ring is a recurrence: every link has one sender and one receiver.
double ExpectedRing(const Testbed& testbed, double bytes) {
  const std::size_t n = testbed.links.size();
  std::vector<double> now(n, 0), link_free(n, 0), arrival(n, 0);
  for (std::size_t step = 0; step < 2 * (n - 1); ++step) {
    for (std::size_t rank = 0; rank < n; ++rank) {
      const Link& link = testbed.links[rank][(rank + 1) % n];
      now[rank] += link.host_seconds;
      link_free[rank] =
          std::max(now[rank], link_free[rank]) + link.wire_seconds + 8 * bytes / link.bandwidth;
      arrival[(rank + 1) % n] = link_free[rank] + link.latency;
    }
    for (std::size_t rank = 0; rank < n; ++rank) {
      now[rank] = std::max(now[rank], arrival[rank]);
      now[rank] += testbed.links[(rank + n - 1) % n][rank].host_seconds;
      if (step < n - 1) now[rank] += kAdd;
    }
  }
  return *std::max_element(now.begin(), now.end());
}

TEST_P(CollectiveTest, RingWithUnequalLinks) {
  const RunRecord record = RingAllReduce(n(), 2000);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const CounterRng rng(seed);
    Testbed testbed = UniformTestbed(n(), PlainLink());
    std::uint64_t index = 0;
    for (std::vector<Link>& row : testbed.links) {
      for (Link& link : row) {
        link.bandwidth *= 0.5 + rng.Uniform(index++);
        link.latency = rng.Uniform(index++);
        link.wire_seconds = rng.Uniform(index++) / 4;
        link.host_seconds = rng.Uniform(index++) / 4;
      }
    }
    EXPECT_NEAR(Simulate(record, testbed).end, ExpectedRing(testbed, 2000), 1e-12);
    testbed.links[0][1].latency += 2;  // disturbed, the same
    EXPECT_NEAR(Simulate(record, testbed).end, ExpectedRing(testbed, 2000), 1e-12);
  }
}

TEST_P(CollectiveTest, RingOnASharedMedium) {
  Testbed testbed = UniformTestbed(n(), PlainLink());
  testbed.shared_medium = true;
  const Replay replay = Simulate(RingAllReduce(n(), 2000), testbed);
  // The last rank of the second half adds nothing after its message; the medium never rests.
  EXPECT_EQ(replay.end, 2 * (n() - 1) * n() * 2);
}

TEST_P(CollectiveTest, StarWithFastHosts) {
  Link link = PlainLink();
  link.latency = 0.25;
  link.host_seconds = 0.5;
  const Replay replay = Simulate(StarAllReduce(n(), 2000), UniformTestbed(n(), link));
  // Rank 0's ingress, then its egress, serve n-1 messages of 2 s in a row.
  EXPECT_EQ(replay.end, 4 * 0.5 + 2 * 0.25 + 2 * (n() - 1) * 2);
  EXPECT_EQ(replay.ranks[0].ingress_seconds, (n() - 1) * 2);
  EXPECT_EQ(replay.ranks[0].egress_seconds, (n() - 1) * 2);
}

TEST_P(CollectiveTest, StarWithSlowHosts) {
  Link link = PlainLink();
  link.latency = 0.25;
  link.host_seconds = 4;
  const Replay replay = Simulate(StarAllReduce(n(), 2000), UniformTestbed(n(), link));
  // Rank 0 is busy with n-1 messages in and n-1 out; the others' first and last come on top.
  EXPECT_EQ(replay.end, 2 * (2 + 0.25) + 2 * n() * 4);
}

TEST_P(CollectiveTest, StarOnASharedMedium) {
  Link link = PlainLink();
  link.latency = 0.25;
  Testbed testbed = UniformTestbed(n(), link);
  testbed.shared_medium = true;
  EXPECT_EQ(Simulate(StarAllReduce(n(), 2000), testbed).end, 2 * ((n() - 1) * 2 + 0.25));
}

INSTANTIATE_TEST_SUITE_P(Ranks, CollectiveTest, testing::Values(2, 3, 4, 8));

}  // namespace
}  // namespace jupiter

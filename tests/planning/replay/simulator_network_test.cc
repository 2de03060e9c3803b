// Queues of the simulated network, against closed forms: egress, ingress, the shared medium, and
// bandwidth that changes over time. All numbers are multiples of powers of two, so all comparisons
// are exact.
#include <gtest/gtest.h>

#include <vector>

#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"
#include "tests/planning/replay/simulation_builders.h"

namespace jupiter {
namespace {

// Three senders to rank `to`, after ops of the given seconds; messages of 1000 * (rank + 1) bytes.
RunRecord FanIn(const std::vector<double>& ops, int to, const std::vector<int>& order) {
  RunRecord record = EmptyRecord(static_cast<int>(ops.size()) + 1);
  for (int rank = 0; rank < to; ++rank) {
    At(record, rank).Op(ops[static_cast<std::size_t>(rank)]).Send(to, 1000 * (rank + 1));
  }
  for (int rank : order) {
    At(record, to).Receive(rank, 1000 * (rank + 1)).Mark(MarkKind::kToken, rank);
  }
  return record;
}

TEST(SimulatorNetworkTest, EgressServesInProgramOrder) {
  RunRecord record = EmptyRecord(3);
  At(record, 0).Send(2, 2000).Send(1, 1000).Send(2, 4000);
  At(record, 1).Receive(0, 1000);
  At(record, 2).Receive(0, 2000).Mark(MarkKind::kToken).Receive(0, 4000);
  const Replay replay = Simulate(record, UniformTestbed(3, PlainLink()));
  EXPECT_EQ(replay.ranks[2].marks[0].time, 2);
  EXPECT_EQ(replay.ranks[1].end, 3);
  EXPECT_EQ(replay.ranks[2].end, 7);
  EXPECT_EQ(replay.ranks[0].egress_seconds, 7);
}

TEST(SimulatorNetworkTest, TwoSendersContendForIngress) {
  // Heads at 1 (rank 1, 2 s) and 2 (rank 0, 1 s): rank 0 waits until 3.
  const RunRecord record = FanIn({2, 1}, 2, {0, 1});
  const Replay replay = Simulate(record, UniformTestbed(3, PlainLink()));
  EXPECT_EQ(replay.ranks[2].marks[0].time, 4);  // rank 0's
  EXPECT_EQ(replay.ranks[2].marks[1].time, 4);  // rank 1's was there at 3
  EXPECT_EQ(replay.ranks[2].ingress_seconds, 3);
  EXPECT_EQ(replay.ranks[2].wait_seconds, 4);
}

TEST(SimulatorNetworkTest, ThreeSendersContendForIngress) {
  // All heads arrive at once: by rank, 1, 2 and 3 s.
  Link link = PlainLink();
  link.latency = 0.5;
  const Testbed testbed = UniformTestbed(4, link);
  const Replay together = Simulate(FanIn({1, 1, 1}, 3, {0, 1, 2}), testbed);
  EXPECT_EQ(together.ranks[3].marks[0].time, 1.5 + 1);
  EXPECT_EQ(together.ranks[3].marks[1].time, 1.5 + 3);
  EXPECT_EQ(together.ranks[3].marks[2].time, 1.5 + 6);
  // Heads at 4.5 (rank 0), 1.5 (rank 1), 2.5 (rank 2): 1.5..3.5, 3.5..6.5, 6.5..7.5.
  const Replay apart = Simulate(FanIn({4, 1, 2}, 3, {1, 2, 0}), testbed);
  EXPECT_EQ(apart.ranks[3].marks[0].time, 3.5);
  EXPECT_EQ(apart.ranks[3].marks[1].time, 6.5);
  EXPECT_EQ(apart.ranks[3].marks[2].time, 7.5);
}

TEST(SimulatorNetworkTest, IngressTakesAsLongAsEgressDid) {
  // A slow link (4 s) holds the receiver's ingress for its whole time.
  Testbed testbed = UniformTestbed(3, PlainLink());
  testbed.links[0][2].bandwidth = 2000;
  const Replay replay = Simulate(FanIn({0, 1}, 2, {0, 1}), testbed);
  EXPECT_EQ(replay.ranks[2].marks[0].time, 4);
  EXPECT_EQ(replay.ranks[2].marks[1].time, 4 + 2);
}

TEST(SimulatorNetworkTest, HeadsAreOrderedByArrivalNotByDeparture) {
  // Rank 0 departs first, but its head takes 8 s longer.
  Testbed testbed = UniformTestbed(3, PlainLink());
  testbed.links[0][2].latency = 8;
  const Replay replay = Simulate(FanIn({0, 7}, 2, {1, 0}), testbed);
  EXPECT_EQ(replay.ranks[2].marks[0].time, 9);   // 7..9
  EXPECT_EQ(replay.ranks[2].marks[1].time, 10);  // head at 8, 9..10
}

TEST(SimulatorNetworkTest, SendAndReceiveDoNotContend) {
  RunRecord record = EmptyRecord(2);
  At(record, 0).Send(1, 4000).Receive(1, 4000);
  At(record, 1).Send(0, 4000).Receive(0, 4000);
  Testbed testbed = UniformTestbed(2, PlainLink());
  EXPECT_EQ(Simulate(record, testbed).end, 4);
  testbed.shared_medium = true;
  EXPECT_EQ(Simulate(record, testbed).end, 8);
}

TEST(SimulatorNetworkTest, SharedMediumTakesOneAtATimeInOrderOfRequest) {
  // Pairs 0 -> 3, 1 -> 4, 2 -> 5 want it at 2, 0.5 and 1, for 2, 4 and 1 s.
  Link link = PlainLink();
  link.latency = 0.25;
  Testbed testbed = UniformTestbed(6, link);
  testbed.shared_medium = true;
  RunRecord record = EmptyRecord(6);
  const double op[3] = {2, 0.5, 1};
  const int bytes[3] = {2000, 4000, 1000};
  for (int i = 0; i < 3; ++i) {
    At(record, i).Op(op[i]).Send(3 + i, bytes[i]);
    At(record, 3 + i).Receive(i, bytes[i]);
  }
  const Replay replay = Simulate(record, testbed);
  EXPECT_EQ(replay.ranks[4].end, 0.5 + 4 + 0.25);
  EXPECT_EQ(replay.ranks[5].end, 0.5 + 4 + 1 + 0.25);
  EXPECT_EQ(replay.ranks[3].end, 0.5 + 4 + 1 + 2 + 0.25);
  EXPECT_EQ(replay.ranks[0].egress_seconds, 2);
  EXPECT_EQ(replay.ranks[3].ingress_seconds, 2);
}

TEST(SimulatorNetworkTest, SharedMediumGivesTiesToTheLowerRank) {
  Testbed testbed = UniformTestbed(4, PlainLink());
  testbed.shared_medium = true;
  const Replay replay = Simulate(FanIn({1, 1, 1}, 3, {0, 1, 2}), testbed);
  EXPECT_EQ(replay.ranks[3].marks[0].time, 2);
  EXPECT_EQ(replay.ranks[3].marks[1].time, 4);
  EXPECT_EQ(replay.ranks[3].marks[2].time, 7);
}

TEST(SimulatorNetworkTest, BandwidthTrace) {
  // Full rate to 2, nothing to 6, half rate after.
  Testbed testbed = UniformTestbed(2, PlainLink());
  testbed.links[0][1].trace = RateTrace({{0, 1}, {2, 0}, {6, 0.5}});
  RunRecord record = EmptyRecord(2);
  At(record, 0).Op(0.5).Send(1, 1000).Send(1, 2000);
  At(record, 1).Receive(0, 1000).Mark(MarkKind::kToken).Receive(0, 2000);
  const Replay replay = Simulate(record, testbed);
  EXPECT_EQ(replay.ranks[1].marks[0].time, 1.5);
  EXPECT_EQ(replay.end, 6 + 1.5 / 0.5);  // 0.5 s of it until 2
  EXPECT_EQ(replay.ranks[0].egress_seconds, 1 + 7.5);
  EXPECT_EQ(replay.ranks[1].ingress_seconds, 1 + 7.5);
}

TEST(SimulatorNetworkTest, BandwidthTraceLeavesTheOverheadAlone) {
  Testbed testbed = UniformTestbed(2, PlainLink());
  testbed.links[0][1].trace = RateTrace({{0, 0}, {1, 0.5}});
  testbed.links[0][1].wire_seconds = 3;
  RunRecord record = EmptyRecord(2);
  At(record, 0).Send(1, 1000);
  At(record, 1).Receive(0, 1000);
  EXPECT_EQ(Simulate(record, testbed).end, 3 + 2);  // the bits begin after it, at half rate
  testbed.shared_medium = true;
  EXPECT_EQ(Simulate(record, testbed).end, 3 + 2);
}

TEST(SimulatorNetworkTest, BandwidthTraceOnASharedMedium) {
  Testbed testbed = UniformTestbed(3, PlainLink());
  testbed.shared_medium = true;
  testbed.links[1][2].trace = RateTrace({{0, 1}, {2, 0}, {10, 2}});
  // Rank 0 has it from 0 to 1, rank 1 from 1: 1 s of 2 done at 2, the rest from 10 at double rate.
  const Replay replay = Simulate(FanIn({0, 0}, 2, {0, 1}), testbed);
  EXPECT_EQ(replay.ranks[2].marks[0].time, 1);
  EXPECT_EQ(replay.ranks[2].marks[1].time, 10.5);
}

TEST(SimulatorNetworkTest, WireOverheadOccupiesTheLinkAndLatencyDoesNot) {
  Link link = PlainLink();
  link.wire_seconds = 0.5;
  link.latency = 64;
  RunRecord record = EmptyRecord(2);
  for (int i = 0; i < 8; ++i) {
    At(record, 0).Send(1, 1000);
    At(record, 1).Receive(0, 1000);
  }
  const Replay replay = Simulate(record, UniformTestbed(2, link));
  EXPECT_EQ(replay.end, 8 * 1.5 + 64);
  EXPECT_EQ(replay.ranks[0].egress_seconds, 8 * 1.5);
  EXPECT_EQ(replay.ranks[0].end, 0);
}

}  // namespace
}  // namespace jupiter

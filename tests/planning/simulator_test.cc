// One feature of the simulated testbed at a time, against closed forms. All numbers are small
// multiples of powers of two, so the comparisons are exact.
#include "planning/simulator.h"

#include <gtest/gtest.h>

#include "planning/recorded_costs.h"
#include "simulation_builders.h"

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

TEST(SimulatorTest, OpsOfOneRankAddUp) {
  RunRecord record = EmptyRecord(1);
  At(record, 0).Mark(MarkKind::kStart).Op(0.5).Mark(MarkKind::kFirstToken).Op(0.25).Op(2);
  At(record, 0).Mark(MarkKind::kToken, 2).Mark(MarkKind::kEnd);
  const Replay replay = Simulate(record, UniformTestbed(1, PlainLink()));
  EXPECT_EQ(replay.end, 2.75);
  EXPECT_EQ(replay.events, 7);
  ASSERT_EQ(replay.ranks[0].marks.size(), 4u);
  EXPECT_EQ(replay.ranks[0].marks[0].time, 0);
  EXPECT_EQ(replay.ranks[0].marks[1].time, 0.5);
  EXPECT_EQ(replay.ranks[0].marks[2].kind, MarkKind::kToken);
  EXPECT_EQ(replay.ranks[0].marks[2].index, 2);
  EXPECT_EQ(replay.ranks[0].marks[2].time, 2.75);
  EXPECT_EQ(replay.ranks[0].compute_seconds, 2.75);
  EXPECT_EQ(replay.ranks[0].wait_seconds, 0);
}

TEST(SimulatorTest, NothingToReplay) {
  EXPECT_EQ(Simulate(EmptyRecord(0), UniformTestbed(0, PlainLink())).end, 0);
  const Replay replay = Simulate(EmptyRecord(3), UniformTestbed(3, PlainLink()));
  EXPECT_EQ(replay.ranks.size(), 3u);
  EXPECT_EQ(replay.end, 0);
  EXPECT_EQ(replay.events, 0);
}

// The simulator asks the costs and no one else.
TEST(SimulatorTest, CostsDecide) {
  class PerRow : public OpCosts {
   public:
    double Seconds(const OpRecord& op) const override { return 0.5 * static_cast<double>(op.rows); }
  };
  RunRecord record = EmptyRecord(1);
  OpEvent event;
  event.op.rows = 6;
  event.op.seconds = 100;
  record.ranks[0].events = {event};
  Testbed testbed = UniformTestbed(1, PlainLink());
  EXPECT_EQ(Simulate(record, testbed).end, 100);  // as recorded
  testbed.costs[0] = std::make_shared<const PerRow>();
  EXPECT_EQ(Simulate(record, testbed).end, 3);
}

TEST(SimulatorTest, EveryPartOfAMessage) {
  Link link = PlainLink();
  link.efficiency = 0.5;
  link.latency = 8;
  link.wire_seconds = 4;
  link.host_seconds = 1;
  link.host_seconds_per_byte = 0x1p-10;
  RunRecord record = EmptyRecord(2);
  At(record, 0).Op(16).Send(1, 512).Mark(MarkKind::kToken);
  At(record, 1).Receive(0, 512).Op(0.25);
  ReplayOptions options;
  options.spans = true;
  const Replay replay = Simulate(record, UniformTestbed(2, link), options);
  const double host = 1.5;
  const double wire = 4 + 2 * 0.512;
  const double arrival = 16 + host + wire + 8;
  EXPECT_EQ(replay.ranks[0].end, 16 + host);
  EXPECT_EQ(replay.ranks[0].marks[0].time, 16 + host);
  EXPECT_DOUBLE_EQ(replay.ranks[1].end, arrival + host + 0.25);
  EXPECT_EQ(replay.end, replay.ranks[1].end);
  EXPECT_EQ(replay.ranks[0].host_seconds, host);
  EXPECT_EQ(replay.ranks[1].host_seconds, host);
  EXPECT_DOUBLE_EQ(replay.ranks[1].wait_seconds, arrival);
  EXPECT_DOUBLE_EQ(replay.ranks[0].egress_seconds, wire);
  EXPECT_DOUBLE_EQ(replay.ranks[1].ingress_seconds, wire);
  EXPECT_EQ(replay.ranks[0].ingress_seconds, 0);
  EXPECT_EQ(replay.ranks[0].bytes_sent, 512);
  EXPECT_EQ(replay.ranks[0].messages_sent, 1);
  EXPECT_EQ(replay.ranks[1].messages_sent, 0);

  ASSERT_EQ(replay.ranks[0].spans.size(), 2u);
  EXPECT_EQ(replay.ranks[0].spans[0].kind, Span::Kind::kCompute);
  EXPECT_EQ(replay.ranks[0].spans[0].end, 16);
  EXPECT_EQ(replay.ranks[0].spans[1].kind, Span::Kind::kHost);
  EXPECT_EQ(replay.ranks[0].spans[1].begin, 16);
  EXPECT_EQ(replay.ranks[0].spans[1].end, 16 + host);
  ASSERT_EQ(replay.ranks[1].spans.size(), 3u);
  EXPECT_EQ(replay.ranks[1].spans[0].kind, Span::Kind::kWait);
  EXPECT_DOUBLE_EQ(replay.ranks[1].spans[0].end, arrival);
  EXPECT_EQ(replay.ranks[1].spans[1].kind, Span::Kind::kHost);
  EXPECT_EQ(replay.ranks[1].spans[2].kind, Span::Kind::kCompute);
  EXPECT_EQ(replay.ranks[1].spans[2].end, replay.end);
}

TEST(SimulatorTest, AdjacentSpansOfAKindAreOne) {
  RunRecord record = EmptyRecord(1);
  At(record, 0).Op(1).Mark(MarkKind::kToken).Op(0).Op(2);
  ReplayOptions options;
  options.spans = true;
  const Replay replay = Simulate(record, UniformTestbed(1, PlainLink()), options);
  ASSERT_EQ(replay.ranks[0].spans.size(), 1u);
  EXPECT_EQ(replay.ranks[0].spans[0].end, 3);
  EXPECT_TRUE(Simulate(record, UniformTestbed(1, PlainLink())).ranks[0].spans.empty());
}

TEST(SimulatorTest, SendingOverlapsWithComputing) {
  Link link = PlainLink();
  link.host_seconds = 0.5;
  RunRecord record = EmptyRecord(2);
  At(record, 0).Op(1).Send(1, 4000).Op(3).Send(1, 4000).Op(0.25);
  At(record, 1).Receive(0, 4000).Mark(MarkKind::kToken, 1).Receive(0, 4000);
  const Replay replay = Simulate(record, UniformTestbed(2, link));
  EXPECT_EQ(replay.ranks[0].end, 1 + 0.5 + 3 + 0.5 + 0.25);  // never waits for the wire
  EXPECT_EQ(replay.ranks[1].marks[0].time, 1 + 0.5 + 4 + 0.5);
  // The second is ready at 5 and finds the wire busy until 5.5.
  EXPECT_EQ(replay.ranks[1].end, 1 + 0.5 + 4 + 4 + 0.5);
}

TEST(SimulatorTest, ComputingOverlapsWithReceiving) {
  RunRecord record = EmptyRecord(2);
  At(record, 0).Send(1, 2000).Send(1, 1000);
  At(record, 1).Op(1).Receive(0, 2000).Op(8).Receive(0, 1000);
  const Replay replay = Simulate(record, UniformTestbed(2, PlainLink()));
  EXPECT_EQ(replay.ranks[1].wait_seconds, 1);  // the second has long arrived
  EXPECT_EQ(replay.end, 10);
}

TEST(SimulatorTest, EgressServesInProgramOrder) {
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

TEST(SimulatorTest, TwoSendersContendForIngress) {
  // Heads at 1 (rank 1, 2 s) and 2 (rank 0, 1 s): rank 0 waits until 3.
  const RunRecord record = FanIn({2, 1}, 2, {0, 1});
  const Replay replay = Simulate(record, UniformTestbed(3, PlainLink()));
  EXPECT_EQ(replay.ranks[2].marks[0].time, 4);  // rank 0's
  EXPECT_EQ(replay.ranks[2].marks[1].time, 4);  // rank 1's was there at 3
  EXPECT_EQ(replay.ranks[2].ingress_seconds, 3);
  EXPECT_EQ(replay.ranks[2].wait_seconds, 4);
}

TEST(SimulatorTest, ThreeSendersContendForIngress) {
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

TEST(SimulatorTest, IngressTakesAsLongAsEgressDid) {
  // A slow link (4 s) holds the receiver's ingress for its whole time.
  Testbed testbed = UniformTestbed(3, PlainLink());
  testbed.links[0][2].bandwidth = 2000;
  const Replay replay = Simulate(FanIn({0, 1}, 2, {0, 1}), testbed);
  EXPECT_EQ(replay.ranks[2].marks[0].time, 4);
  EXPECT_EQ(replay.ranks[2].marks[1].time, 4 + 2);
}

TEST(SimulatorTest, HeadsAreOrderedByArrivalNotByDeparture) {
  // Rank 0 departs first, but its head takes 8 s longer.
  Testbed testbed = UniformTestbed(3, PlainLink());
  testbed.links[0][2].latency = 8;
  const Replay replay = Simulate(FanIn({0, 7}, 2, {1, 0}), testbed);
  EXPECT_EQ(replay.ranks[2].marks[0].time, 9);   // 7..9
  EXPECT_EQ(replay.ranks[2].marks[1].time, 10);  // head at 8, 9..10
}

TEST(SimulatorTest, SendAndReceiveDoNotContend) {
  RunRecord record = EmptyRecord(2);
  At(record, 0).Send(1, 4000).Receive(1, 4000);
  At(record, 1).Send(0, 4000).Receive(0, 4000);
  Testbed testbed = UniformTestbed(2, PlainLink());
  EXPECT_EQ(Simulate(record, testbed).end, 4);
  testbed.shared_medium = true;
  EXPECT_EQ(Simulate(record, testbed).end, 8);
}

TEST(SimulatorTest, SharedMediumTakesOneAtATimeInOrderOfRequest) {
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

TEST(SimulatorTest, SharedMediumGivesTiesToTheLowerRank) {
  Testbed testbed = UniformTestbed(4, PlainLink());
  testbed.shared_medium = true;
  const Replay replay = Simulate(FanIn({1, 1, 1}, 3, {0, 1, 2}), testbed);
  EXPECT_EQ(replay.ranks[3].marks[0].time, 2);
  EXPECT_EQ(replay.ranks[3].marks[1].time, 4);
  EXPECT_EQ(replay.ranks[3].marks[2].time, 7);
}

TEST(SimulatorTest, BandwidthTrace) {
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

TEST(SimulatorTest, BandwidthTraceLeavesTheOverheadAlone) {
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

TEST(SimulatorTest, BandwidthTraceOnASharedMedium) {
  Testbed testbed = UniformTestbed(3, PlainLink());
  testbed.shared_medium = true;
  testbed.links[1][2].trace = RateTrace({{0, 1}, {2, 0}, {10, 2}});
  // Rank 0 has it from 0 to 1, rank 1 from 1: 1 s of 2 done at 2, the rest from 10 at double rate.
  const Replay replay = Simulate(FanIn({0, 0}, 2, {0, 1}), testbed);
  EXPECT_EQ(replay.ranks[2].marks[0].time, 1);
  EXPECT_EQ(replay.ranks[2].marks[1].time, 10.5);
}

TEST(SimulatorTest, StragglerFactor) {
  Testbed testbed = UniformTestbed(2, PlainLink());
  testbed.speed = {RateTrace({{0, 1}, {2, 0.25}, {6, 1}}), RateTrace({{0, 0.5}})};
  RunRecord record = EmptyRecord(2);
  At(record, 0).Op(1).Op(3).Op(0.5).Send(1, 1000);
  At(record, 1).Op(1).Mark(MarkKind::kToken).Receive(0, 1000).Op(2);
  const Replay replay = Simulate(record, testbed);
  EXPECT_EQ(replay.ranks[0].end, 7.5);  // 1; then 1 + 1 (four at a quarter) + 1; then 0.5
  EXPECT_EQ(replay.ranks[0].compute_seconds, 7.5);
  EXPECT_EQ(replay.ranks[1].marks[0].time, 2);
  EXPECT_EQ(replay.end, 7.5 + 1 + 4);  // links and overheads are not slowed
}

TEST(SimulatorTest, HostOverheadOccupiesBothSides) {
  Link link = PlainLink();
  link.host_seconds = 2;
  link.host_seconds_per_byte = 0x1p-10;
  RunRecord record = EmptyRecord(2);
  for (int i = 0; i < 5; ++i) {
    At(record, 0).Send(1, 1024);
    At(record, 1).Receive(0, 1024);
  }
  const Replay replay = Simulate(record, UniformTestbed(2, link));
  EXPECT_EQ(replay.ranks[0].end, 5 * 3);
  EXPECT_EQ(replay.ranks[0].host_seconds, 5 * 3);
  // The sender is slower than the wire, so the last arrives 1.024 s after it was sent.
  EXPECT_DOUBLE_EQ(replay.ranks[1].end, 5 * 3 + 1.024 + 3);
}

TEST(SimulatorTest, WireOverheadOccupiesTheLinkAndLatencyDoesNot) {
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

TEST(SimulatorTest, ChannelsAreMatchedApart) {
  RunRecord record = EmptyRecord(2);
  At(record, 0).Send(1, 1000, 0).Send(1, 2000, 1).Send(1, 4000, 0);
  At(record, 1).Receive(0, 2000, 1).Mark(MarkKind::kToken, 1).Receive(0, 1000, 0);
  At(record, 1).Mark(MarkKind::kToken, 2).Receive(0, 4000, 0);
  const Replay replay = Simulate(record, UniformTestbed(2, PlainLink()));
  EXPECT_EQ(replay.ranks[1].marks[0].time, 3);
  EXPECT_EQ(replay.ranks[1].marks[1].time, 3);
  EXPECT_EQ(replay.end, 7);
}

TEST(SimulatorTest, MessagesWithoutBytes) {
  Link link = PlainLink();
  link.latency = 1;
  RunRecord record = EmptyRecord(2);
  At(record, 0).Send(1, 0).Receive(1, 0);
  At(record, 1).Receive(0, 0).Send(0, 0);
  EXPECT_EQ(Simulate(record, UniformTestbed(2, link)).end, 2);
  EXPECT_EQ(Simulate(record, UniformTestbed(2, PlainLink())).end, 2 * 0);
}

}  // namespace
}  // namespace jupiter

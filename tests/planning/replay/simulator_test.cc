// Ops, messages and overheads of simulated ranks, against closed forms. Nearly all numbers are
// multiples of powers of two, so that comparisons are exact.
#include "planning/replay/simulator.h"

#include <gtest/gtest.h>

#include <memory>

#include "planning/replay/measured_costs.h"
#include "planning/replay/testbed.h"
#include "planning/testbed/op_costs.h"
#include "tests/planning/replay/simulation_builders.h"

namespace jupiter {
namespace {

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
    double Seconds(const OpCall& op) const override { return 0.5 * static_cast<double>(op.rows); }
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
  options.activities = true;
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

  ASSERT_EQ(replay.ranks[0].activities.size(), 2u);
  EXPECT_EQ(replay.ranks[0].activities[0].kind, Activity::Kind::kCompute);
  EXPECT_EQ(replay.ranks[0].activities[0].end, 16);
  EXPECT_EQ(replay.ranks[0].activities[1].kind, Activity::Kind::kHost);
  EXPECT_EQ(replay.ranks[0].activities[1].begin, 16);
  EXPECT_EQ(replay.ranks[0].activities[1].end, 16 + host);
  ASSERT_EQ(replay.ranks[1].activities.size(), 3u);
  EXPECT_EQ(replay.ranks[1].activities[0].kind, Activity::Kind::kWait);
  EXPECT_DOUBLE_EQ(replay.ranks[1].activities[0].end, arrival);
  EXPECT_EQ(replay.ranks[1].activities[1].kind, Activity::Kind::kHost);
  EXPECT_EQ(replay.ranks[1].activities[2].kind, Activity::Kind::kCompute);
  EXPECT_EQ(replay.ranks[1].activities[2].end, replay.end);
}

TEST(SimulatorTest, AdjacentActivitiesOfAKindAreOne) {
  RunRecord record = EmptyRecord(1);
  At(record, 0).Op(1).Mark(MarkKind::kToken).Op(0).Op(2);
  ReplayOptions options;
  options.activities = true;
  const Replay replay = Simulate(record, UniformTestbed(1, PlainLink()), options);
  ASSERT_EQ(replay.ranks[0].activities.size(), 1u);
  EXPECT_EQ(replay.ranks[0].activities[0].end, 3);
  EXPECT_TRUE(Simulate(record, UniformTestbed(1, PlainLink())).ranks[0].activities.empty());
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

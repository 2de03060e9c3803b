// A cluster's devices and links reach the simulation as they are described.
#include <gtest/gtest.h>

#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"
#include "tests/planning/replay/simulation_builders.h"

namespace jupiter {
namespace {

ClusterDevice Device(const std::string& name, double rate, double speed) {
  ClusterDevice device;
  device.name = name;
  device.profile.name = name;
  device.profile.roofline.memory_bandwidth.value = 1e12;
  device.profile.roofline.seconds_per_op.value = 0.5;
  device.profile.roofline.op_rate[DType::kF32].value = rate;
  device.profile.roofline.other_rate.value = rate;
  device.speed = RateTrace({{0, speed}});
  return device;
}

Cluster TwoDevices() {
  Cluster cluster;
  cluster.name = "two";
  cluster.devices = {Device("fast", 1000, 1), Device("slow", 500, 0.5)};
  cluster.links.assign(2, std::vector<Link>(2, PlainLink()));
  cluster.links[1][0].latency = 3;
  return cluster;
}

// An op of 1000 operations on rank 0, a message to rank 1, the op again, and a message back.
RunRecord ThereAndBack() {
  OpEvent op;
  op.op = {.kind = OpKind::kLinear, .rows = 1, .inner = 10, .outer = 50, .operations = 1000};
  RunRecord record = EmptyRecord(2);
  record.ranks[0].events.emplace_back(op);
  At(record, 0).Send(1, 1000).Receive(1, 2000);
  At(record, 1).Receive(0, 1000);
  record.ranks[1].events.emplace_back(op);
  At(record, 1).Send(0, 2000);
  return record;
}

TEST(TestbedTest, DevicesAndLinksOfACluster) {
  const Replay replay = Simulate(ThereAndBack(), TestbedOf(TwoDevices()));
  EXPECT_EQ(replay.ranks[0].compute_seconds, 0.5 + 1);
  EXPECT_EQ(replay.ranks[1].compute_seconds, (0.5 + 2) / 0.5);
  EXPECT_EQ(replay.end, 1.5 + 1 + 5 + 2 + 3);
}

TEST(TestbedTest, SharedMedium) {
  Cluster cluster = TwoDevices();
  EXPECT_FALSE(TestbedOf(cluster).shared_medium);
  cluster.shared_medium = true;
  EXPECT_TRUE(TestbedOf(cluster).shared_medium);
}

// It has that device's costs and speed.
TEST(TestbedTest, TheSourceOnAnotherDevice) {
  RunRecord record = EmptyRecord(2);
  OpEvent op;
  op.op = {.kind = OpKind::kLinear, .rows = 1, .inner = 10, .outer = 50, .operations = 1000};
  record.ranks[0].events.emplace_back(op);
  Testbed testbed = TestbedOf(TwoDevices());
  const double own = Simulate(record, testbed).end;
  PutSourceOn(1, testbed);
  record.ranks[1].events.emplace_back(op);
  const Replay replay = Simulate(record, testbed);
  EXPECT_EQ(replay.ranks[0].end, replay.ranks[1].end);
  EXPECT_GT(replay.ranks[0].end, own);
}

}  // namespace
}  // namespace jupiter

// Records and testbeds that cannot be replayed are refused with one line that names the place.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "kernels/base/check.h"
#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"
#include "tests/planning/replay/simulation_builders.h"

namespace jupiter {
namespace {

std::string ErrorOf(const RunRecord& record, const Testbed& testbed) {
  try {
    Simulate(record, testbed);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

std::string ErrorOf(const RunRecord& record) {
  return ErrorOf(record, UniformTestbed(static_cast<int>(record.ranks.size()), PlainLink()));
}

TEST(SimulatorErrorsTest, MessageThatIsNeverSent) {
  RunRecord record = EmptyRecord(2);
  At(record, 0).Op(1);
  At(record, 1).Op(1).Receive(0, 100, 3);
  EXPECT_EQ(ErrorOf(record),
            "rank 1, event 1 waits for ever for a message from rank 0 on channel 3: all 1 events "
            "of rank 0 are done");
}

TEST(SimulatorErrorsTest, MessageOnAnotherChannel) {
  RunRecord record = EmptyRecord(2);
  At(record, 0).Send(1, 100, 1);
  At(record, 1).Receive(0, 100, 2);
  EXPECT_EQ(ErrorOf(record),
            "rank 1, event 0 waits for ever for a message from rank 0 on channel 2: all 1 events "
            "of rank 0 are done");
}

TEST(SimulatorErrorsTest, Deadlock) {
  RunRecord record = EmptyRecord(3);
  for (int rank = 0; rank < 3; ++rank) {
    At(record, rank).Op(1).Receive((rank + 1) % 3, 100).Send((rank + 2) % 3, 100);
  }
  EXPECT_EQ(ErrorOf(record),
            "rank 0, event 1 waits for ever for a message from rank 1 on channel 0: rank 1, event "
            "1 waits for rank 2 itself");
}

TEST(SimulatorErrorsTest, MessageThatIsNeverReceived) {
  RunRecord record = EmptyRecord(3);
  At(record, 2).Send(1, 100).Send(1, 200, 7);
  At(record, 1).Receive(2, 100);
  EXPECT_EQ(ErrorOf(record),
            "rank 1 never receives the message that rank 2, event 1 sends on channel 7");
}

TEST(SimulatorErrorsTest, BytesThatDiffer) {
  RunRecord record = EmptyRecord(2);
  At(record, 0).Send(1, 100).Op(1).Send(1, 200);
  At(record, 1).Receive(0, 100).Receive(0, 300);
  EXPECT_EQ(ErrorOf(record),
            "rank 1, event 1 receives 300 bytes, but rank 0, event 2 sent 200 (channel 0): the "
            "record is inconsistent, record the run again");
}

TEST(SimulatorErrorsTest, RanksAndDevicesDiffer) {
  EXPECT_EQ(ErrorOf(EmptyRecord(3), UniformTestbed(4, PlainLink())),
            "the record has 3 ranks, the testbed 4 devices: replay it on as many");
}

TEST(SimulatorErrorsTest, PeersThatAreNotThere) {
  RunRecord record = EmptyRecord(2);
  At(record, 1).Op(1).Send(1, 100);
  EXPECT_EQ(ErrorOf(record),
            "rank 1, event 1 exchanges a message with rank 1, expected another rank of 2");
  record = EmptyRecord(2);
  At(record, 0).Receive(2, 100);
  EXPECT_EQ(ErrorOf(record),
            "rank 0, event 0 exchanges a message with rank 2, expected another rank of 2");
  record = EmptyRecord(2);
  At(record, 0).Receive(-1, 100);
  EXPECT_EQ(ErrorOf(record),
            "rank 0, event 0 exchanges a message with rank -1, expected another rank of 2");
}

TEST(SimulatorErrorsTest, BytesBelowZero) {
  RunRecord record = EmptyRecord(2);
  record.ranks[0].events.emplace_back(SendEvent{1, 0, 64, -65, 0, 0});
  EXPECT_EQ(ErrorOf(record),
            "rank 0, event 0 is a message of 64 + -65 bytes, expected numbers from 0");
}

TEST(SimulatorErrorsTest, OpsThatTakeNoSensibleTime) {
  for (double seconds :
       {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    RunRecord record = EmptyRecord(1);
    At(record, 0).Op(1).Op(seconds);
    EXPECT_EQ(ErrorOf(record), fmt::format("rank 0, event 1: op linear takes {} s, expected a "
                                           "number from 0",
                                           seconds));
  }
}

TEST(SimulatorErrorsTest, LinksThatCarryNothing) {
  for (double bandwidth : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    Testbed testbed = UniformTestbed(2, PlainLink());
    testbed.links[1][0].bandwidth = bandwidth;
    EXPECT_EQ(ErrorOf(EmptyRecord(2), testbed),
              fmt::format("the link from rank 1 to rank 0 has {} bit/s at efficiency 1, expected "
                          "positive numbers",
                          bandwidth));
  }
  Testbed testbed = UniformTestbed(2, PlainLink());
  testbed.links[0][1].efficiency = 0;
  EXPECT_EQ(ErrorOf(EmptyRecord(2), testbed),
            "the link from rank 0 to rank 1 has 8000 bit/s at efficiency 0, expected positive "
            "numbers");
}

TEST(SimulatorErrorsTest, LinksBackInTime) {
  for (double Link::*member :
       {&Link::latency, &Link::wire_seconds, &Link::host_seconds, &Link::host_seconds_per_byte}) {
    Testbed testbed = UniformTestbed(2, PlainLink());
    testbed.links[0][1].*member = -0.5;
    EXPECT_EQ(ErrorOf(EmptyRecord(2), testbed),
              "the link from rank 0 to rank 1 has a latency or overhead of -0.5 s, expected a "
              "number from 0");
  }
}

TEST(SimulatorErrorsTest, MessagesThatTakeForEver) {
  RunRecord record = EmptyRecord(2);
  At(record, 0).Send(1, 1000).Send(1, 1000);
  At(record, 1).Receive(0, 1000).Receive(0, 1000);
  for (bool shared : {false, true}) {
    Testbed testbed = UniformTestbed(2, PlainLink());
    testbed.shared_medium = shared;
    testbed.links[0][1].bandwidth = 1e-310;
    EXPECT_EQ(ErrorOf(record, testbed),
              "the 1000 bytes that rank 0, event 0 sends to rank 1 take for ever: check the link's "
              "bandwidth and efficiency");
  }
}

TEST(SimulatorErrorsDeathTest, TestbedsThatAreNotWhole) {
  Testbed testbed = UniformTestbed(2, PlainLink());
  testbed.speed.resize(1);
  EXPECT_DEATH(Simulate(EmptyRecord(2), testbed), "1 speeds of 2");
  testbed = UniformTestbed(2, PlainLink());
  testbed.links[1].pop_back();
  EXPECT_DEATH(Simulate(EmptyRecord(2), testbed), "links to 1 ranks of 2");
  testbed.links.pop_back();
  EXPECT_DEATH(Simulate(EmptyRecord(2), testbed), "links of 1 ranks of 2");
  testbed = UniformTestbed(2, PlainLink());
  testbed.costs[1] = nullptr;
  EXPECT_DEATH(Simulate(EmptyRecord(2), testbed), "rank 1 of 2");
}

}  // namespace
}  // namespace jupiter

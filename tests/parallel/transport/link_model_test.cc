// The arithmetic of --link against sums done by hand, and how its flags are refused.
#include "parallel/transport/link_model.h"

#include <gtest/gtest.h>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

LinkModel MakeModel(double bandwidth, double latency, double host_seconds = 0) {
  LinkModel model;
  model.link.bandwidth = bandwidth;
  model.link.latency = latency;
  model.link.host_seconds = host_seconds;
  return model;
}

std::string LinkRefusal(std::string_view text) {
  try {
    ParseLinkModel(text);
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ParseLinkModelTest, ReadsEveryField) {
  const LinkModel model =
      ParseLinkModel("100mbit,1ms,host=0.2ms,rendezvous=64KiB,handshake=0.3ms,burst=3kB");
  EXPECT_EQ(model.link.bandwidth, 1e8);
  EXPECT_EQ(model.link.latency, 1e-3);
  EXPECT_EQ(model.link.host_seconds, 2e-4);
  EXPECT_EQ(model.rendezvous_bytes, 65536);
  EXPECT_EQ(model.handshake_seconds, 3e-4);
  EXPECT_EQ(model.burst_bytes, 3000);
}

TEST(ParseLinkModelTest, WhatIsLeftOutIsNone) {
  const LinkModel model = ParseLinkModel("64kbit");
  EXPECT_EQ(model.link.bandwidth, 64e3);
  EXPECT_EQ(model.link.latency, 0);
  EXPECT_EQ(model.link.host_seconds, 0);
  EXPECT_EQ(model.burst_bytes, 0);
  EXPECT_FALSE(model.AsksFirst(1e12));
}

TEST(ParseLinkModelTest, UnitsOfTcAndOfClusterFiles) {
  EXPECT_EQ(ParseLinkModel("1.5gbit").link.bandwidth, 1.5e9);
  EXPECT_EQ(ParseLinkModel("100 Mbit/s,200us").link.bandwidth, 1e8);
  EXPECT_EQ(ParseLinkModel("1gbit,2s").link.latency, 2);
  EXPECT_EQ(ParseLinkModel("1gbit,host=1ms,0.5 ms").link.latency, 5e-4);
}

TEST(ParseLinkModelTest, AHandshakeTakesTwoLatenciesUnlessGiven) {
  EXPECT_EQ(ParseLinkModel("1gbit,3ms,rendezvous=4kB").handshake_seconds, 6e-3);
  EXPECT_EQ(ParseLinkModel("1gbit,3ms,rendezvous=4kB,handshake=0").handshake_seconds, 0);
}

TEST(ParseLinkModelTest, RefusesWhatIsWrongInOneLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "bandwidth"},
      {"fast", "bandwidth 'fast'"},
      {"100", "bandwidth '100'"},
      {"100mbits", "bandwidth '100mbits'"},
      {"-1mbit", "expected 1 bit/s to"},
      {"0mbit", "expected 1 bit/s to"},
      {"nanmbit", "expected 1 bit/s to"},
      {"infgbit", "expected 1 bit/s to"},
      {"100mbit,", "latency ''"},
      {"100mbit,1", "latency '1'"},
      {"100mbit,-1ms", "latency '-1ms'"},
      {"100mbit,nan s", "latency 'nan s'"},
      {"100mbit,2h", "latency '2h'"},
      {"100mbit,1ms,2ms", "latency is given twice"},
      {"100mbit,host=1ms,host=1ms", "host is given twice"},
      {"100mbit,host=", "host ''"},
      {"100mbit,jitter=1ms", "'jitter' is unknown"},
      {"100mbit,rendezvous=0", "rendezvous '0'"},
      {"100mbit,rendezvous=1TB", "rendezvous '1TB'"},
      {"100mbit,burst=-1B", "burst '-1B'"},
      {"100mbit,burst=2ms", "burst '2ms'"},
      {"100mbit,burst=1B,burst=1B", "burst is given twice"},
      {"100mbit,handshake=1ms", "handshake needs rendezvous"},
  };
  for (const auto& [text, part] : cases) {
    const std::string error = LinkRefusal(text);
    EXPECT_TRUE(Has(error, std::string("--link ") + text)) << error;
    EXPECT_TRUE(Has(error, part)) << text << ": " << error;
    EXPECT_FALSE(Has(error, "\n")) << error;
  }
}

TEST(CheckOneHostTest, AcceptsOneHostAlone) {
  EXPECT_NO_THROW(CheckOneHost({"nano"}, 1));
  EXPECT_NO_THROW(CheckOneHost({"nano", "nano", "nano"}, 3));
}

TEST(CheckOneHostTest, RefusesSeveral) {
  try {
    CheckOneHost({"nano", "nano", "tx2"}, 2);
    ADD_FAILURE() << "two hosts were accepted";
  } catch (const UserError& error) {
    EXPECT_TRUE(Has(error.what(), "rank 0 is on nano and rank 2 on tx2")) << error.what();
  }
  // Two machines of one name.
  EXPECT_THROW(CheckOneHost({"nano", "nano"}, 1), UserError);
}

// 1000 bytes at 8 Mbit/s: 1 ms on the wire.
TEST(LinkEgressTest, MessagesLeaveOneAfterAnother) {
  LinkEgress egress(MakeModel(8e6, 0.5));
  EXPECT_DOUBLE_EQ(egress.Leave(10, 1000).head, 10.5);
  EXPECT_DOUBLE_EQ(egress.Leave(10, 2000).head, 10.501);
  EXPECT_DOUBLE_EQ(egress.Leave(10.0001, 1000).head, 10.503);
  const LinkStamp later = egress.Leave(11, 3000);
  EXPECT_DOUBLE_EQ(later.head, 11.5);
  EXPECT_DOUBLE_EQ(later.seconds, 3e-3);
}

TEST(LinkEgressTest, TheHostIsBusyBeforeTheLink) {
  LinkEgress egress(MakeModel(8e6, 0.5, 0.25));
  EXPECT_DOUBLE_EQ(egress.Leave(10, 1000).head, 10.75);
}

TEST(LinkEgressTest, OnlyLargeMessagesAskFirst) {
  LinkModel model = MakeModel(8e6, 0.5);
  model.rendezvous_bytes = 1000;
  model.handshake_seconds = 2;
  LinkEgress egress(model);
  EXPECT_DOUBLE_EQ(egress.Leave(10, 1000).head, 10.5);
  EXPECT_DOUBLE_EQ(egress.Leave(11, 1001).head, 13.5);
}

// With a burst of 500 bytes, that is 0.5 ms: a queue that was idle is so far ahead.
LinkModel MakeBurstModel() {
  LinkModel model = MakeModel(8e6, 0.5);
  model.burst_bytes = 500;
  return model;
}

TEST(LinkEgressTest, ABurstLeavesAtOnceWhereTheQueueWasIdle) {
  LinkEgress egress(MakeBurstModel());
  const LinkStamp first = egress.Leave(10, 300);
  EXPECT_DOUBLE_EQ(first.head, 10.5);
  EXPECT_EQ(first.seconds, 0);
  EXPECT_DOUBLE_EQ(first.wire_seconds, 3e-4);
  // 200 bytes of the burst are left.
  const LinkStamp second = egress.Leave(10, 1000);
  EXPECT_DOUBLE_EQ(second.head, 10.5);
  EXPECT_NEAR(second.seconds, 8e-4, 1e-12);
  // The bucket owes 800 bytes.
  const LinkStamp third = egress.Leave(10, 100);
  EXPECT_NEAR(third.head, 10.5008, 1e-12);
  EXPECT_NEAR(third.seconds, 1e-4, 1e-12);
}

TEST(LinkEgressTest, ABurstComesBackAtTheBandwidth) {
  LinkEgress egress(MakeBurstModel());
  egress.Leave(10, 500);
  EXPECT_NEAR(egress.Leave(10.0002, 500).seconds, 3e-4, 1e-12);
  EXPECT_NEAR(egress.Leave(11, 500).seconds, 0, 1e-12);
  EXPECT_NEAR(egress.Leave(20, 600).seconds, 1e-4, 1e-12);
}

// However messages are cut and timed, no more leaves in any time than a burst and what the
// bandwidth carries.
TEST(LinkEgressTest, BurstsDoNotRaiseTheRate) {
  LinkEgress egress(MakeBurstModel());
  double end = 0;
  for (int i = 0; i < 1000; ++i) {
    const LinkStamp stamp = egress.Leave(10 + 1e-4 * i, 150);
    end = stamp.head + stamp.seconds;
  }
  EXPECT_NEAR(end, 10.5 + (1000 * 150 - 500) / 1e6, 1e-9);
}

constexpr LinkStamp Stamp(double head, double seconds) { return {head, seconds, seconds}; }

TEST(LinkIngressTest, ServesInOrderOfHeadsWhoeverIsAskedFirst) {
  LinkIngress ingress{LinkModel()};
  ingress.Announce(2, Stamp(5.0, 1.0));
  ingress.Announce(1, Stamp(4.5, 1.0));
  ingress.Announce(1, Stamp(7.0, 0.5));
  ingress.Serve(4.9);
  EXPECT_FALSE(ingress.Arrival(2).has_value());
  ingress.Serve(5.0);
  ASSERT_TRUE(ingress.Arrival(2).has_value());
  EXPECT_DOUBLE_EQ(*ingress.Arrival(2), 6.5);  // after lane 1, which has the link until 5.5
  EXPECT_DOUBLE_EQ(*ingress.Arrival(1), 5.5);
  ingress.Take(1);
  EXPECT_FALSE(ingress.Arrival(1).has_value());
  ingress.Serve(7.0);
  EXPECT_DOUBLE_EQ(*ingress.Arrival(1), 7.5);  // the link was idle from 6.5 on
}

TEST(LinkIngressTest, EqualHeadsGoByLane) {
  LinkIngress ingress{LinkModel()};
  ingress.Announce(3, Stamp(1.0, 1.0));
  ingress.Announce(0, Stamp(1.0, 1.0));
  ingress.Serve(1.0);
  EXPECT_DOUBLE_EQ(*ingress.Arrival(0), 2.0);
  EXPECT_DOUBLE_EQ(*ingress.Arrival(3), 3.0);
}

TEST(LinkIngressTest, KnowsNothingOfWhatIsNotAnnounced) {
  LinkIngress ingress{LinkModel()};
  ingress.Announce(0, Stamp(1.0, 1.0));
  ingress.Serve(1.0);
  EXPECT_FALSE(ingress.Arrival(1).has_value());
  ingress.Take(0);
  EXPECT_FALSE(ingress.Arrival(0).has_value());
}

// What comes too late to be let in first is served after what already was.
TEST(LinkIngressTest, ALateStampWaits) {
  LinkIngress ingress{LinkModel()};
  ingress.Announce(0, Stamp(5.0, 1.0));
  ingress.Serve(5.0);
  ingress.Announce(1, Stamp(4.0, 1.0));
  ingress.Serve(5.0);
  EXPECT_DOUBLE_EQ(*ingress.Arrival(0), 6.0);
  EXPECT_DOUBLE_EQ(*ingress.Arrival(1), 7.0);
}

// The second bucket lets through what the first one did; of two senders' bursts it lets through
// one.
TEST(LinkIngressTest, ABurstPassesBothQueuesOnce) {
  LinkIngress ingress(MakeBurstModel());
  LinkEgress one(MakeBurstModel());
  LinkEgress other(MakeBurstModel());
  ingress.Announce(0, one.Leave(10, 1500));
  ingress.Announce(1, other.Leave(10, 500));
  ingress.Serve(10.5);
  EXPECT_NEAR(*ingress.Arrival(0), 10.501, 1e-12);
  EXPECT_NEAR(*ingress.Arrival(1), 10.5015, 1e-12);
}

}  // namespace
}  // namespace jupiter

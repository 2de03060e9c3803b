// Real messages under a link model: never before their time, in order, and counted as without it.
// Upper bounds are generous, because machines are busy.
#include <gtest/gtest.h>

#include <cstring>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/transport/link_model.h"
#include "parallel/transport/transport.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {
namespace {

constexpr double kLate = 1.0;       // seconds that a busy machine may add
constexpr std::size_t kFrame = 64;  // frame, header and padding of a message with 8 header bytes

LinkModel MakeModel(double bandwidth, double latency, double host_seconds = 0) {
  LinkModel model;
  model.link.bandwidth = bandwidth;
  model.link.latency = latency;
  model.link.host_seconds = host_seconds;
  return model;
}

void Meet(Transport& transport) {
  if (transport.rank() != 0) transport.Send(0, Channel::kControl, Message(1, 0));
  for (int peer = 1; transport.rank() == 0 && peer < transport.size(); ++peer) {
    transport.Receive(peer, Channel::kControl, "its arrival");
  }
  for (int peer = 1; transport.rank() == 0 && peer < transport.size(); ++peer) {
    transport.Send(peer, Channel::kControl, Message(1, 0));
  }
  if (transport.rank() != 0) transport.Receive(0, Channel::kControl, "the start");
}

// A message that says when it was sent.
void SendNow(Transport& transport, int destination, std::size_t payload,
             Channel channel = Channel::kBatch) {
  Message message(8, payload);
  const double now = Now();
  std::memcpy(message.header().data(), &now, sizeof(now));
  transport.Send(destination, channel, std::move(message));
}

struct Trip {
  double sent = 0;
  double received = 0;
};

Trip ReceiveNow(Transport& transport, int source, Channel channel = Channel::kBatch) {
  const Message message = transport.Receive(source, channel, "a held message");
  Trip trip{0, Now()};
  std::memcpy(&trip.sent, message.header().data(), sizeof(trip.sent));
  return trip;
}

TEST(HeldLinkTest, AMessageTakesItsTime) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  transport.HoldBack(MakeModel(80e6, 0.01));  // 10 MB/s
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{100000}, std::size_t{1000000}}) {
    Meet(transport);
    if (transport.rank() == 0) SendNow(transport, 1, bytes);
    if (transport.rank() == 1) {
      const Trip trip = ReceiveNow(transport, 0);
      const double least = 0.01 + static_cast<double>(kFrame + bytes) / 10e6;
      EXPECT_GE(trip.received - trip.sent, least);
      EXPECT_LT(trip.received - trip.sent, least + kLate);
      EXPECT_GE(transport.counters().wait_seconds, 0.9 * least - 0.01);
    }
  }
  Meet(transport);
}

TEST(HeldLinkTest, MessagesOfOneSenderQueue) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  transport.HoldBack(MakeModel(80e6, 0.01));
  Meet(transport);
  const int last = transport.size() - 1;
  if (transport.rank() == 0) {
    const double start = Now();
    SendNow(transport, 1, 500000);
    SendNow(transport, last, 500000, Channel::kCollective);
    EXPECT_LT(Now() - start, kLate);  // sending does not wait
  }
  if (transport.rank() == 1) ReceiveNow(transport, 0);
  if (transport.rank() == last) {
    const Trip trip = ReceiveNow(transport, 0, Channel::kCollective);
    // Both messages lie between the first SendNow and this; the second stamp is a little younger.
    EXPECT_GE(trip.received - trip.sent, 0.01 + 0.1 - 0.005);
    EXPECT_LT(trip.received - trip.sent, 0.01 + 0.1 + kLate);
  }
  Meet(transport);
}

// Both senders begin together; whoever is received first, the second message ends no sooner than
// both have passed the one incoming link.
TEST(HeldLinkTest, SendersToOneReceiverShareItsLink) {
  if (TestContext().size() < 3) GTEST_SKIP() << "needs 3 ranks: run under mpirun -np 3";
  Transport transport(TestContext());
  transport.HoldBack(MakeModel(80e6, 0.02));
  Meet(transport);
  if (transport.rank() == 1 || transport.rank() == 2) SendNow(transport, 0, 500000);
  if (transport.rank() == 0) {
    const Trip second = ReceiveNow(transport, 2);
    const Trip first = ReceiveNow(transport, 1);
    const double begin = std::min(first.sent, second.sent);
    const double end = std::max(first.received, second.received);
    EXPECT_GE(end - begin, 0.02 + 0.1);
    EXPECT_LT(end - begin, 0.02 + 0.1 + kLate);
  }
  Meet(transport);
}

TEST(HeldLinkTest, OrderAndCountersAreUnchanged) {
  Transport transport(TestContext());
  transport.HoldBack(MakeModel(1e9, 1e-3));
  const int size = transport.size();
  const int next = (transport.rank() + 1) % size;
  const int previous = (transport.rank() + size - 1) % size;
  constexpr int kMessages = 40;
  const auto bytes_of = [](int i) {
    return static_cast<std::size_t>(i % 5 == 0 ? 100000 : 10 * i);
  };
  std::int64_t payload = 0;
  for (int i = 0; i < kMessages; ++i) {
    Message message(8, bytes_of(i));
    std::memcpy(message.header().data(), &i, sizeof(i));
    payload += static_cast<std::int64_t>(bytes_of(i));
    transport.Send(next, i % 2 == 0 ? Channel::kBatch : Channel::kCollective, std::move(message));
  }
  for (int i = 0; i < kMessages; ++i) {
    const Channel channel = i % 2 == 0 ? Channel::kBatch : Channel::kCollective;
    const Message message = transport.Receive(previous, channel, "a numbered message");
    int number = -1;
    std::memcpy(&number, message.header().data(), sizeof(number));
    EXPECT_EQ(number, i);
    EXPECT_EQ(message.payload().size(), bytes_of(i));
  }
  transport.Flush();
  const int counted = size == 1 ? 0 : 1;  // to oneself: not counted
  EXPECT_EQ(transport.counters().messages_sent, kMessages * counted);
  EXPECT_EQ(transport.counters().messages_received, kMessages * counted);
  EXPECT_EQ(transport.counters().header_sent, std::int64_t{kFrame} * kMessages * counted);
  EXPECT_EQ(transport.counters().payload_received, payload * counted);
  Meet(transport);
}

TEST(HeldLinkTest, BookkeepingIsExempt) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  transport.HoldBack(MakeModel(1000, 100));
  const double start = Now();
  Meet(transport);
  transport.Send(transport.rank(), Channel::kBatch, Message(8, 100000));
  transport.Receive(transport.rank(), Channel::kBatch, "a message to itself");
  EXPECT_LT(Now() - start, 10);
}

TEST(HeldLinkTest, TheHostOverheadOccupiesBothSides) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  transport.HoldBack(MakeModel(1e9, 0, 0.02));
  Meet(transport);
  const double start = Now();
  if (transport.rank() == 0) {
    for (int i = 0; i < 3; ++i) SendNow(transport, 1, 8);
    EXPECT_GE(Now() - start, 0.06);
  }
  if (transport.rank() == 1) {
    const Trip trip = ReceiveNow(transport, 0);
    EXPECT_GE(trip.received - trip.sent, 0.04);
    for (int i = 0; i < 2; ++i) ReceiveNow(transport, 0);
  }
  Meet(transport);
}

// The message is here, but by the model it is not.
TEST(HeldLinkTest, ReceiveEndsAtTheDeadline) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  transport.HoldBack(MakeModel(1e6, 2.0));
  Meet(transport);
  if (transport.rank() == 0) SendNow(transport, 1, 8);
  if (transport.rank() == 1) {
    const double start = Now();
    TestContext().set_deadline_seconds(0.2);
    EXPECT_THROW(transport.Receive(0, Channel::kBatch, "a message that is slow"), PeerError);
    EXPECT_GE(Now() - start, 0.2);
    EXPECT_LT(Now() - start, 1.8);
    TestContext().set_deadline_seconds(30);
    ReceiveNow(transport, 0);
    EXPECT_GE(Now() - start, 1.0);
  }
  Meet(transport);
}

}  // namespace
}  // namespace jupiter

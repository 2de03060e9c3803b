// A message whose payload is complete later leaves then, and those behind it after it.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <string>

#include "kernels/base/check.h"
#include "parallel/transport/transport.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {
namespace {

constexpr std::size_t kPayload = 100000;

Message Numbered(int number) {
  Message message(sizeof number, kPayload);
  std::memcpy(message.header().data(), &number, sizeof number);
  std::memset(message.payload().data(), 0, kPayload);
  return message;
}

int NumberOf(const Message& message) {
  int number = 0;
  std::memcpy(&number, message.header().data(), sizeof number);
  return number;
}

// Ranks talk to their neighbours in a ring.
struct Ring {
  Transport transport{TestContext()};
  int next = (transport.rank() + 1) % transport.size();
  int previous = (transport.rank() + transport.size() - 1) % transport.size();
};

TEST(LatePayloadTest, KeepsTheOrderOfItsChannelAlone) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  std::atomic<bool> complete = false;
  Ring ring;
  Transport& transport = ring.transport;
  Message late = Numbered(1);
  const std::span<std::byte> payload = late.payload();
  transport.Send(ring.next, Channel::kBatch, std::move(late), [&complete, payload] {
    if (complete) std::memset(payload.data(), 7, payload.size());
    return complete.load();
  });
  transport.Send(ring.next, Channel::kBatch, Numbered(2));
  transport.Send(ring.next, Channel::kCollective, Numbered(3));
  EXPECT_EQ(NumberOf(transport.Receive(ring.previous, Channel::kCollective, "what need not wait")),
            3);
  EXPECT_FALSE(transport.TryReceive(ring.previous, Channel::kBatch));
  // Every rank has seen that nothing came.
  transport.Send(ring.previous, Channel::kControl, Numbered(4));
  transport.Receive(ring.next, Channel::kControl, "the word that nothing came");
  complete = true;
  const Message first = transport.Receive(ring.previous, Channel::kBatch, "the late message");
  EXPECT_EQ(NumberOf(first), 1);
  for (const std::byte byte : first.payload()) ASSERT_EQ(byte, std::byte{7});
  EXPECT_EQ(NumberOf(transport.Receive(ring.previous, Channel::kBatch, "the one behind it")), 2);
  transport.Flush();
}

TEST(LatePayloadTest, ManyOfThemArriveInOrder) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  constexpr int kMessages = 40;
  Ring ring;
  for (int number = 0; number < kMessages; ++number) {
    if (number % 4 == 3) {
      ring.transport.Send(ring.next, Channel::kBatch, Numbered(number));
      continue;
    }
    const auto asked = std::make_shared<std::atomic<int>>(0);
    ring.transport.Send(ring.next, Channel::kBatch, Numbered(number),
                        [asked, number] { return ++*asked > number % 7; });
  }
  for (int number = 0; number < kMessages; ++number) {
    EXPECT_EQ(NumberOf(ring.transport.Receive(ring.previous, Channel::kBatch, "a late one")),
              number);
  }
  ring.transport.Flush();
}

TEST(LatePayloadTest, FlushWaitsForItUntilTheDeadline) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  std::atomic<bool> complete = false;
  Ring ring;
  ring.transport.Send(ring.next, Channel::kBatch, Numbered(1), [&] { return complete.load(); });
  TestContext().set_deadline_seconds(0.3);
  try {
    ring.transport.Flush();
    ADD_FAILURE() << "it left without its payload";
  } catch (const PeerError& error) {
    EXPECT_NE(
        std::string(error.what())
            .find("1 message that this rank's own device has not finished (flush, channel batch)"),
        std::string::npos)
        << error.what();
  }
  TestContext().set_deadline_seconds(30);
  complete = true;
  EXPECT_EQ(NumberOf(ring.transport.Receive(ring.previous, Channel::kBatch, "the late one")), 1);
  ring.transport.Flush();
}

TEST(LatePayloadTest, ItsFailureIsReported) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  const auto send = [] {
    Transport transport(TestContext());
    const auto fails = []() -> bool { throw PeerError("the device is gone"); };
    transport.Send((transport.rank() + 1) % transport.size(), Channel::kBatch, Numbered(1), fails);
    transport.Flush();
  };
  EXPECT_THROW(send(), PeerError);
}

}  // namespace
}  // namespace jupiter

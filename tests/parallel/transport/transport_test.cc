// Messages arrive whole, in order and counted exactly, at any size and in any direction at once.
#include "parallel/transport/transport.h"

#include <gtest/gtest.h>

#include <cstring>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {
namespace {

constexpr std::size_t kSizes[] = {0, 1, 4096, 65536, 8u << 20};

// A message whose bytes are known from its ends and number.
Message MakeMessage(std::size_t header_bytes, std::size_t payload_bytes, std::uint64_t seed) {
  Message message(header_bytes, payload_bytes);
  const CounterRng rng(seed);
  for (std::byte& byte : message.header()) byte = std::byte(seed & 0xff);
  const std::span<std::byte> payload = message.payload();
  for (std::size_t i = 0; i < payload.size(); i += 8) {
    const std::uint64_t bits = rng.Bits(i);
    std::memcpy(payload.data() + i, &bits, std::min<std::size_t>(8, payload.size() - i));
  }
  return message;
}

bool SameBytes(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

void ExpectSame(const Message& actual, const Message& expected) {
  EXPECT_EQ(actual.header().size(), expected.header().size());
  EXPECT_EQ(actual.payload().size(), expected.payload().size());
  EXPECT_TRUE(SameBytes(actual.header(), expected.header()));
  EXPECT_TRUE(SameBytes(actual.payload(), expected.payload()));
}

std::uint64_t Seed(int source, int destination, std::uint64_t number) {
  return static_cast<std::uint64_t>(source) * 1000003 +
         static_cast<std::uint64_t>(destination) * 1009 + number;
}

TEST(TransportTest, RingOfEverySize) {
  Transport transport(TestContext());
  const int size = transport.size();
  const int next = (transport.rank() + 1) % size;
  const int previous = (transport.rank() + size - 1) % size;
  std::uint64_t number = 0;
  for (std::size_t bytes : kSizes) {
    transport.Send(next, Channel::kBatch,
                   MakeMessage(24, bytes, Seed(transport.rank(), next, number)));
    const Message message = transport.Receive(previous, Channel::kBatch, "a ring message");
    ExpectSame(message, MakeMessage(24, bytes, Seed(previous, transport.rank(), number)));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(message.payload().data()) % 64, 0u);
    ++number;
  }
}

// All ranks send everything before any receives anything.
TEST(TransportTest, AllPairsBothDirectionsAtOnce) {
  Transport transport(TestContext());
  const int rank = transport.rank();
  for (std::size_t bytes : kSizes) {
    for (Channel channel : {Channel::kBatch, Channel::kCollective}) {
      for (int peer = 0; peer < transport.size(); ++peer) {
        transport.Send(peer, channel, MakeMessage(8, bytes, Seed(rank, peer, bytes)));
      }
    }
  }
  for (std::size_t bytes : kSizes) {
    for (Channel channel : {Channel::kCollective, Channel::kBatch}) {
      for (int peer = transport.size() - 1; peer >= 0; --peer) {
        ExpectSame(transport.Receive(peer, channel, "a message of a pair"),
                   MakeMessage(8, bytes, Seed(peer, rank, bytes)));
      }
    }
  }
  transport.Flush();
}

// The frame is 32 bytes, and the payload starts at the next multiple of 64 after the header.
TEST(TransportTest, CountersAreExact) {
  Transport transport(TestContext());
  const int others = transport.size() - 1;
  const std::pair<std::size_t, std::size_t> sizes[] = {
      {0, 0}, {32, 1}, {33, 4096}, {100, 8u << 20}};
  for (const auto& [header, payload] : sizes) {
    for (int peer = 0; peer < transport.size(); ++peer) {
      transport.Send(peer, Channel::kBatch, Message(header, payload));
    }
    for (int peer = 0; peer < transport.size(); ++peer) {
      transport.Receive(peer, Channel::kBatch, "a counted message");
    }
  }
  transport.Flush();
  const TrafficCounters& counters = transport.counters();
  EXPECT_EQ(counters.messages_sent, 4 * others);
  EXPECT_EQ(counters.messages_received, 4 * others);
  EXPECT_EQ(counters.header_sent, (64 + 64 + 128 + 192) * others);
  EXPECT_EQ(counters.header_received, counters.header_sent);
  EXPECT_EQ(counters.payload_sent, (0 + 1 + 4096 + (8 << 20)) * std::int64_t{others});
  EXPECT_EQ(counters.payload_received, counters.payload_sent);
  EXPECT_GE(counters.wait_seconds, 0);
  transport.ResetCounters();
  EXPECT_EQ(transport.counters().messages_sent, 0);
}

TEST(TransportTest, SelfSendKeepsOrder) {
  Transport transport(TestContext());
  for (std::uint64_t i = 0; i < 10; ++i) {
    transport.Send(transport.rank(), Channel::kBatch, MakeMessage(i, 100 * i, i));
  }
  for (std::uint64_t i = 0; i < 10; ++i) {
    ExpectSame(transport.Receive(transport.rank(), Channel::kBatch, "a message to itself"),
               MakeMessage(i, 100 * i, i));
  }
}

TEST(TransportTest, ManySmallMessagesInFlight) {
  constexpr std::uint64_t kCount = 10000;
  Transport transport(TestContext());
  const int size = transport.size();
  const int next = (transport.rank() + 1) % size;
  const int previous = (transport.rank() + size - 1) % size;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    transport.Send(next, Channel::kBatch, MakeMessage(8, i % 64, Seed(transport.rank(), next, i)));
  }
  for (std::uint64_t i = 0; i < kCount; ++i) {
    ExpectSame(transport.Receive(previous, Channel::kBatch, "one of many"),
               MakeMessage(8, i % 64, Seed(previous, transport.rank(), i)));
  }
  transport.Flush();
}

// What a rank received it may send on unchanged, and read while it leaves.
TEST(TransportTest, ReceivedMessageTravelsOn) {
  Transport transport(TestContext());
  const int size = transport.size();
  const int next = (transport.rank() + 1) % size;
  const int previous = (transport.rank() + size - 1) % size;
  Message message = MakeMessage(16, 100000, Seed(transport.rank(), 0, 7));
  for (int hop = 1; hop <= size; ++hop) {
    transport.Send(next, Channel::kBatch, message);
    message = transport.Receive(previous, Channel::kBatch, "a message on its way");
    ExpectSame(message,
               MakeMessage(16, 100000, Seed((transport.rank() + size - hop) % size, 0, 7)));
  }
}

TEST(TransportTest, TriesFindWhatIsHere) {
  Transport transport(TestContext());
  const int size = transport.size();
  const int next = (transport.rank() + 1) % size;
  const int previous = (transport.rank() + size - 1) % size;
  EXPECT_FALSE(transport.TryReceive(previous, Channel::kCancel).has_value());
  transport.Send(next, Channel::kBatch, MakeMessage(8, 0, 1));
  transport.Receive(previous, Channel::kBatch, "a message of another channel");
  EXPECT_FALSE(transport.TryReceive(previous, Channel::kCancel).has_value());
  // Nobody sends before all have tried.
  transport.Send(next, Channel::kCollective, MakeMessage(8, 0, 2));
  transport.Receive(previous, Channel::kCollective, "word that the one before has tried");
  transport.Send(previous, Channel::kCancel, MakeMessage(8, 100, 3));
  transport.Send(previous, Channel::kCancel, MakeMessage(8, 200, 4));
  for (std::uint64_t i = 3; i <= 4; ++i) {
    std::optional<Message> message;
    while (!message) message = transport.TryReceive(next, Channel::kCancel);
    ExpectSame(*message, MakeMessage(8, i == 3 ? 100 : 200, i));
  }
  EXPECT_FALSE(transport.TryReceive(next, Channel::kCancel).has_value());
}

TEST(TransportTest, ExpectedMessagesKeepOrder) {
  Transport transport(TestContext());
  const int size = transport.size();
  const int next = (transport.rank() + 1) % size;
  const int previous = (transport.rank() + size - 1) % size;
  transport.Expect(previous, Channel::kBatch, 3);
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::size_t bytes = i % 2 == 0 ? 200000 : 10;  // rendezvous and eager in turn
    transport.Send(next, Channel::kBatch, MakeMessage(8, bytes, Seed(transport.rank(), next, i)));
  }
  for (std::uint64_t i = 0; i < 20; ++i) {
    if (i == 12) transport.StopExpecting(previous, Channel::kBatch);
    ExpectSame(transport.Receive(previous, Channel::kBatch, "an expected message"),
               MakeMessage(8, i % 2 == 0 ? 200000 : 10, Seed(previous, transport.rank(), i)));
  }
}

TEST(TransportTest, SecondTransportStartsAnew) {
  for (int round = 0; round < 3; ++round) {
    Transport transport(TestContext());
    const int size = transport.size();
    transport.Send((transport.rank() + 1) % size, Channel::kControl, MakeMessage(4, 4, 5));
    ExpectSame(
        transport.Receive((transport.rank() + size - 1) % size, Channel::kControl, "a greeting"),
        MakeMessage(4, 4, 5));
  }
}

// A message to itself shares its buffer with this test, which so plays the network that damages it.
std::string ErrorAfterDamage(std::size_t frame_byte) {
  Transport transport(TestContext());
  const Message message(0, 100);
  transport.Send(transport.rank(), Channel::kBatch, message);
  message.payload()[0] = std::byte{0};
  std::byte* frame = message.payload().data() - 64;
  frame[frame_byte] ^= std::byte{0x40};
  try {
    transport.Receive(transport.rank(), Channel::kBatch, "a damaged message");
  } catch (const PeerError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TransportTest, DamagedFramesAreRefused) {
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(has(ErrorAfterDamage(0), "it starts with")) << ErrorAfterDamage(0);
  EXPECT_TRUE(has(ErrorAfterDamage(4), "channel")) << ErrorAfterDamage(4);
  EXPECT_TRUE(has(ErrorAfterDamage(8), "it is message 64 of its channel, but 0 is due"));
  EXPECT_TRUE(has(ErrorAfterDamage(16), "it claims 64 header")) << ErrorAfterDamage(16);
  EXPECT_TRUE(has(ErrorAfterDamage(24), "but 164 bytes arrived")) << ErrorAfterDamage(24);
}

}  // namespace
}  // namespace jupiter

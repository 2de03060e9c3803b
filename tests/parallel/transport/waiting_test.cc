// Waiting is cheap, ends at the deadline, and does not stop what is on its way.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <thread>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/transport/transport.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {
namespace {

double ProcessorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void Compute(double seconds) {
  const double end = Now() + seconds;
  while (Now() < end) {
  }
}

void Sleep(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

// Brings the ranks together, so that what one measures does not depend on when the others came.
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

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(WaitingTest, LongWaitsCostLittle) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  Meet(transport);
  if (transport.rank() == 1) {
    Sleep(0.3);
    transport.Send(0, Channel::kBatch, Message(8, 8));
  }
  if (transport.rank() == 0) {
    transport.Expect(1, Channel::kBatch, 2);
    const double start = Now();
    const double processor = ProcessorSeconds();
    transport.Receive(1, Channel::kBatch, "a late message");
    const double share = (ProcessorSeconds() - processor) / (Now() - start);
    fmt::print("waiting 0.3 s took {:.1f} % of a core\n", 100 * share);
    // Below 0.2 on a quiet machine.
    EXPECT_LT(share, 0.3);
    EXPECT_GE(transport.counters().wait_seconds, 0.25);
  }
  Meet(transport);
}

// A rank that expects messages while it sleeps (as if it waited for a device) pays for the polling
// only.
TEST(WaitingTest, ExpectingCostsLittle) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  transport.Expect((transport.rank() + 1) % transport.size(), Channel::kBatch, 2);
  Meet(transport);
  const double processor = ProcessorSeconds();
  Sleep(0.3);
  const double share = (ProcessorSeconds() - processor) / 0.3;
  if (transport.rank() == 0) fmt::print("expecting took {:.1f} % of a core\n", 100 * share);
  // About 0.05 on a quiet machine; a rank that polls without a pause takes all of it.
  EXPECT_LT(share, 0.3);
  Meet(transport);
}

TEST(WaitingTest, ReceiveEndsAtTheDeadline) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  Meet(transport);
  if (transport.rank() == 0) {
    const double start = Now();
    TestContext().set_deadline_seconds(0.3);
    try {
      transport.Receive(1, Channel::kBatch, "hidden rows of batch 3");
      ADD_FAILURE() << "nothing was sent";
    } catch (const PeerError& error) {
      const std::string text = error.what();
      EXPECT_TRUE(Has(text, TestContext().Describe(0) + ": waited 0.")) << text;
      EXPECT_TRUE(Has(text, " s for " + TestContext().Describe(1) +
                                " to send hidden rows of batch 3 (receive, channel batch); is that "
                                "rank alive? Raise --deadline if it is only slow"))
          << text;
    }
    EXPECT_GE(Now() - start, 0.3);
    EXPECT_LT(Now() - start, 3);
    TestContext().set_deadline_seconds(30);
  }
  Meet(transport);
}

TEST(WaitingTest, FlushEndsAtTheDeadline) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  Meet(transport);
  if (transport.rank() == 0) {
    TestContext().set_deadline_seconds(0.3);
    transport.Send(1, Channel::kBatch, Message(8, 8u << 20));
    try {
      transport.Flush();
      ADD_FAILURE() << "nobody received 8 MB";
    } catch (const PeerError& error) {
      EXPECT_TRUE(Has(error.what(), "to take 1 sent message (flush, channel batch)"))
          << error.what();
    }
    TestContext().set_deadline_seconds(30);
    transport.Send(1, Channel::kControl, Message(1, 0));
  }
  if (transport.rank() == 1) {
    transport.Receive(0, Channel::kControl, "the word that it gave up");
    EXPECT_EQ(transport.Receive(0, Channel::kBatch, "8 MB").payload().size(), 8u << 20);
  }
  Meet(transport);
}

// Large messages (rendezvous) move while both ranks compute without a call to the transport: when
// they come back, a deadline of nothing suffices to receive and to flush them all.
TEST(WaitingTest, LargeMessagesMoveWhileBothCompute) {
  if (TestContext().size() != 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  constexpr int kMessages = 4;
  constexpr std::size_t kBytes = 8u << 20;
  Transport transport(TestContext());
  const int peer = 1 - transport.rank();
  const auto send_all = [&] {
    for (int i = 0; i < kMessages; ++i) transport.Send(peer, Channel::kBatch, Message(8, kBytes));
  };
  const auto receive_all = [&] {
    transport.ResetCounters();
    for (int i = 0; i < kMessages; ++i) transport.Receive(peer, Channel::kBatch, "8 MB");
    transport.Flush();
    return transport.counters().wait_seconds;
  };
  Meet(transport);
  send_all();
  const double plain = receive_all();
  transport.Expect(peer, Channel::kBatch, kMessages);
  Meet(transport);
  send_all();
  Compute(0.6);
  TestContext().set_deadline_seconds(0);
  double after_computing = 0;
  EXPECT_NO_THROW(after_computing = receive_all());
  TestContext().set_deadline_seconds(30);
  if (transport.rank() == 0) {
    fmt::print("{} messages of 8 MB each way: waited {:.1f} ms, after computing {:.3f} ms\n",
               kMessages, 1e3 * plain, 1e3 * after_computing);
  }
  Meet(transport);
}

// `most` bounds what is held: of three large messages only the first two come while the rank
// computes, so their sender still holds the third.
TEST(WaitingTest, MostBoundsWhatIsHeld) {
  if (TestContext().size() != 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  if (transport.rank() == 0) transport.Expect(1, Channel::kBatch, 2);
  Meet(transport);
  if (transport.rank() == 1) {
    for (int i = 0; i < 3; ++i) transport.Send(0, Channel::kBatch, Message(8, 4u << 20));
    TestContext().set_deadline_seconds(0.5);
    try {
      transport.Flush();
      ADD_FAILURE() << "the third message left, too";
    } catch (const PeerError& error) {
      EXPECT_TRUE(Has(error.what(), "to take 1 sent message")) << error.what();
    }
    TestContext().set_deadline_seconds(30);
    transport.Send(0, Channel::kControl, Message(1, 0));
  } else {
    Compute(0.2);
    transport.Receive(1, Channel::kControl, "the word that it gave up");
    for (int i = 0; i < 3; ++i) transport.Receive(1, Channel::kBatch, "4 MB");
  }
  Meet(transport);
}

}  // namespace
}  // namespace jupiter

#include "parallel/transport/agreement.h"

#include <gtest/gtest.h>

#include "kernels/base/check.h"
#include "parallel/transport/record_gather.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {
namespace {

std::string Agree(Transport& transport, const std::string& local_error) {
  try {
    AgreeOrThrow(transport, local_error);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(AgreementTest, TextsOfAllRanks) {
  Transport transport(TestContext());
  const auto text = [](int rank) {
    return rank == 1 ? std::string()
                     : std::string(static_cast<std::size_t>(1000 * rank + 1), 'a') + ":7";
  };
  const std::vector<std::string> texts = AllGather(transport, text(transport.rank()));
  ASSERT_EQ(std::ssize(texts), transport.size());
  for (int rank = 0; rank < transport.size(); ++rank) {
    EXPECT_EQ(texts[static_cast<std::size_t>(rank)], text(rank));
  }
}

TEST(AgreementTest, GatherFillsRankZero) {
  Transport transport(TestContext());
  const std::vector<std::string> texts = Gather(transport, std::to_string(transport.rank()));
  EXPECT_EQ(std::ssize(texts), transport.rank() == 0 ? transport.size() : 0);
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], std::to_string(i));
}

TEST(AgreementTest, BroadcastFromEveryRoot) {
  Transport transport(TestContext());
  for (int root = 0; root < transport.size(); ++root) {
    const std::string text = transport.rank() == root ? std::string(70000, 'x') : "not read";
    EXPECT_EQ(Broadcast(transport, text, root), std::string(70000, 'x'));
  }
}

TEST(AgreementTest, NoErrorIsNoError) {
  Transport transport(TestContext());
  EXPECT_EQ(Agree(transport, ""), "");
}

TEST(AgreementTest, SameErrorIsToldOnce) {
  Transport transport(TestContext());
  EXPECT_EQ(Agree(transport, "model.gguf: no such file"), "model.gguf: no such file");
}

TEST(AgreementTest, FirstOfDifferentErrorsIsTold) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  const int size = transport.size();
  EXPECT_EQ(Agree(transport, fmt::format("disk {} is full", transport.rank())),
            fmt::format("{}: disk 0 is full ({} of {} ranks failed)", TestContext().Describe(0),
                        size, size));
}

TEST(AgreementTest, ErrorOfOneRankReachesAll) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  const int last = transport.size() - 1;
  EXPECT_EQ(Agree(transport, transport.rank() == last ? "model.gguf: no such file" : ""),
            fmt::format("{}: model.gguf: no such file (1 of {} ranks failed)",
                        TestContext().Describe(last), transport.size()));
}

TEST(AgreementTest, RecordsComeTogether) {
  Transport transport(TestContext());
  const int size = transport.size();
  Recorder recorder(transport.rank(), /*timed=*/false);
  transport.RecordTo(&recorder);
  recorder.Mark(MarkKind::kStart, 0, Now());
  transport.Send((transport.rank() + 1) % size, Channel::kBatch, Message(8, 100));
  transport.Receive((transport.rank() + size - 1) % size, Channel::kBatch, "a recorded message");
  transport.RecordTo(nullptr);
  const RunRecord run = GatherRecords(transport, recorder, "a ring");
  EXPECT_TRUE(recorder.record().events.empty());
  ASSERT_EQ(std::ssize(run.ranks), transport.rank() == 0 ? size : 0);
  for (int rank = 0; rank < static_cast<int>(run.ranks.size()); ++rank) {
    RankRecord expected;
    expected.rank = rank;
    expected.events.push_back(MarkEvent{});
    // Messages to oneself are not traffic.
    if (size > 1) {
      expected.events.push_back(
          SendEvent{(rank + 1) % size, static_cast<int>(Channel::kBatch), 64, 100, 0, 0});
      expected.events.push_back(
          ReceiveEvent{(rank + size - 1) % size, static_cast<int>(Channel::kBatch), 64, 100, 0, 0});
    }
    EXPECT_EQ(ToText(run.ranks[static_cast<std::size_t>(rank)]), ToText(expected));
  }
}

TEST(AgreementTest, TimedRecordsCountFromTheirStart) {
  const double before = Now();
  Recorder recorder(3);
  recorder.Mark(MarkKind::kToken, 2, Now());
  OpCall op;
  op.seconds = 0.25;
  recorder.OnOp(op, Now());
  const double most = Now() - before + 1e-9;
  const RankRecord record = recorder.Take();
  EXPECT_EQ(record.rank, 3);
  const auto& mark = std::get<MarkEvent>(record.events[0]);
  const auto& event = std::get<OpEvent>(record.events[1]);
  EXPECT_GE(mark.start, 0);
  EXPECT_LE(mark.start, event.start);
  EXPECT_LE(event.start, most);
  EXPECT_EQ(event.op.seconds, 0.25);
  EXPECT_EQ(recorder.record().rank, 3);
}

}  // namespace
}  // namespace jupiter

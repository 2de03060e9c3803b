// Bytes of another rank that are not what they should be: each is a PeerError that names both
// ranks, what was received and how long that took, never a crash and never silence.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "kernels/base/check.h"
#include "model/batch/int_message.h"
#include "parallel/decoding/cancels.h"
#include "parallel/decoding/step_result.h"
#include "parallel/session/layer_speed.h"
#include "parallel/session/preflight.h"
#include "parallel/session/session.h"
#include "parallel/strategies/batch_message.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/frame.h"
#include "parallel/transport/peer_bytes.h"
#include "parallel/transport/record_gather.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {
namespace {

std::string ErrorOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const PeerError& error) {
    return error.what();
  }
  return "no error";
}

// "rank 0 on a: WHAT from rank 1 on a, waited 0.0 s for it: ...".
void ExpectNames(const std::string& text, int peer, const std::string& what) {
  const Context& context = TestContext();
  const std::string start = fmt::format("{}: {} from {}, waited ", context.Describe(context.rank()),
                                        what, context.Describe(peer));
  EXPECT_EQ(text.substr(0, start.size()), start);
  EXPECT_NE(text.find(" s for it: "), std::string::npos) << text;
}

// The last rank gathers `text` where all others do `work`; what they throw names it and `what`.
void ExpectBlamesLastRank(const std::string& text, const std::string& what,
                          const std::function<void(Transport&)>& work) {
  SCOPED_TRACE(text);
  Transport transport(TestContext());
  const int last = transport.size() - 1;
  if (transport.rank() == last) {
    AllGather(transport, text);
  } else {
    ExpectNames(ErrorOf([&] { work(transport); }), last, what);
  }
}

TEST(MalformedPeerTest, TextsOfAllRanksAreCounted) {
  const std::vector<std::string> texts = {"", "a:7", "12:"};
  EXPECT_EQ(SplitTexts(JoinTexts(texts), 3), texts);
  EXPECT_EQ(SplitTexts("", 0), std::vector<std::string>{});
  for (const char* bad :
       {"", "5", "5:", "5:hell", ":hello", "x:hello", "-1:h", " 1:h",
        "1:h1:", "99999999999999999999:h", "18446744073709551615:h", "1:h1:h1:h", "0:0:0:0"}) {
    EXPECT_THROW(SplitTexts(bad, 2), PeerError) << bad;
  }
}

TEST(MalformedPeerTest, JoinedTextsOfAnotherRank) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  for (const char* bad : {"", "3:abc", "x", "4:abc"}) {
    Transport transport(TestContext());
    if (transport.rank() == 0) {
      Gather(transport, "");
      Broadcast(transport, bad, 0);
    } else {
      ExpectNames(ErrorOf([&] { AllGather(transport, "mine"); }), 0, "the texts of all ranks");
    }
  }
}

TEST(MalformedPeerTest, AnotherMessageThanAText) {
  Transport transport(TestContext());
  const int self = transport.rank();
  if (transport.size() == 1) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  if (self != 0) return transport.Send(0, Channel::kControl, Message(4, 4));
  ExpectNames(ErrorOf([&] { Gather(transport, ""); }), 1, "its text for rank 0");
  for (int peer = 2; peer < transport.size(); ++peer) {
    transport.Receive(peer, Channel::kControl, "a message with a header");
  }
}

TEST(MalformedPeerTest, Fields) {
  Transport transport(TestContext());
  int number = 0;
  double real = 0;
  bool flag = false;
  ReadFields(transport, 0, "fields", " 3 0.5 1\n", number, real, flag);
  EXPECT_EQ(number, 3);
  EXPECT_EQ(real, 0.5);
  EXPECT_TRUE(flag);
  for (const char* bad : {"", "3 0.5", "3 0.5 2", "3 0.5 1 x", "x 0.5 1", "99999999999 0.5 1"}) {
    ExpectNames(ErrorOf([&] { ReadFields(transport, 0, "fields", bad, number, real, flag); }), 0,
                "fields");
  }
}

TEST(MalformedPeerTest, NumbersForAllRanks) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  for (const char* bad : {"", "x", "1 2", "99999999999"}) {
    Transport transport(TestContext());
    if (transport.rank() == 0) {
      Broadcast(transport, bad, 0);
      Broadcast(transport, bad, 0);
    } else {
      ExpectNames(ErrorOf([&] { BroadcastNumber(transport, 7, 0); }), 0, "a number for all ranks");
      ExpectNames(ErrorOf([&] { BroadcastFlag(transport, true, 0); }), 0,
                  "yes or no for all ranks");
    }
  }
}

TEST(MalformedPeerTest, MemoryAndSpeedsOfAllRanks) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  for (const char* bad : {"", "12", "12 2 host", "x 0 host", "12 0", "12 0 host 0"}) {
    ExpectBlamesLastRank(bad, "the memory there is",
                         [](Transport& transport) { FindBudget(transport, 0, {}); });
  }
  for (const char* bad : {"", "1 2 3", "1 2 3 4 5 6 7 8 9 x host", "1 2 3 4 5 6 7 8 9 1",
                          "1 2 3 4 5 6 7 8 9 1 host 1"}) {
    ExpectBlamesLastRank(bad, "the memory of a stage",
                         [](Transport& transport) { GatherMemory(transport, {}); });
  }
  for (const char* bad : {"", "fast", "1e999", "0", "-3", "nan", "1 2"}) {
    ExpectBlamesLastRank(bad, "the speed of a rank",
                         [](Transport& transport) { GatherSpeeds(transport, 2.5); });
  }
}

TEST(MalformedPeerTest, Records) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  const int last = transport.size() - 1;
  Recorder recorder(transport.rank(), /*timed=*/false);
  if (transport.rank() == last) {
    Gather(transport, "no record");
    return;
  }
  const std::string error = ErrorOf([&] { GatherRecords(transport, recorder, "a run"); });
  if (transport.rank() == 0) ExpectNames(error, last, "the record of a run");
}

// What this rank reads of a message that it sent itself.
template <typename Read>
std::string ErrorOfMessage(const Message& message, Read read) {
  Transport transport(TestContext());
  const int self = transport.rank();
  transport.Send(self, Channel::kBatch, message);
  const Message received = transport.Receive(self, Channel::kBatch, "a message to itself");
  return ErrorOf([&] { read(transport, received); });
}

Message MessageOf(std::span<const std::byte> bytes) {
  Message message(bytes.size(), 0);
  if (!bytes.empty()) std::memcpy(message.header().data(), bytes.data(), bytes.size());
  return message;
}

Batch PromptOf(std::vector<std::int32_t> tokens, std::int32_t positions) {
  Batch batch = CausalBatch(1, tokens, true);
  batch.open = {{1, positions, -1}};
  return batch;
}

TEST(MalformedPeerTest, Batches) {
  const BatchLimits limits{.rows = 3, .head_rows = 1, .positions = 8, .vocab = 10};
  const auto read = [&](const Transport& transport, const Message& message) {
    ReadBatch(transport, message, transport.rank(), limits);
  };
  const int self = TestContext().rank();
  EXPECT_EQ(ErrorOfMessage(BatchMessage(PromptOf({1, 2, 9}, 8), 0), read), "no error");
  EXPECT_EQ(ErrorOfMessage(EndMessage(), read), "no error");
  Batch two_heads = PromptOf({1, 2, 3}, 8);
  two_heads.items[0].head_rows = {0, 2};
  const Message whole = BatchMessage(PromptOf({1, 2, 3}, 8), 0);
  const std::vector<Message> bad = {
      Message(0, 0),
      Message(3, 0),
      MessageOf(std::vector<std::byte>(8, std::byte{7})),          // an unknown kind
      MessageOf(whole.header().first(whole.header().size() - 4)),  // it ends early
      BatchMessage(PromptOf({1, 2, 3, 4}, 8), 0),
      BatchMessage(two_heads, 0),
      BatchMessage(PromptOf({1, 2, 3}, 9), 0),
      BatchMessage(PromptOf({1, 2, 10}, 8), 0)};
  for (const Message& message : bad) ExpectNames(ErrorOfMessage(message, read), self, "a batch");
}

std::string ErrorOfResults(const std::vector<StepResult>& results,
                           const std::vector<AskedItem>& items) {
  return ErrorOfMessage(ToMessage(results),
                        [&](const Transport& transport, const Message& message) {
                          ReadStepResults(transport, message, transport.rank(), items, 7);
                        });
}

TEST(MalformedPeerTest, StepResults) {
  const std::vector<AskedItem> items = {{0, false}, {4, false}, {4, true}};
  const StepResult plain{{}, {5}, {1}, {}};
  const StepResult tree{{0, 2}, {5, 6}, {1, 2}, {{3, 4}}};
  const StepResult nothing{};
  EXPECT_EQ(ErrorOfResults({plain, tree, nothing}, items), "no error");
  EXPECT_EQ(ErrorOfResults({plain, tree, tree}, items), "no error");
  const std::vector<std::vector<StepResult>> bad = {
      {plain, tree},                                        // one is missing
      {plain, tree, nothing, nothing},                      // one too many
      {nothing, tree, tree},                                // no token
      {{{}, {5, 6}, {1, 2}, {}}, tree, tree},               // two
      {{{0}, {5}, {1}, {}}, tree, tree},                    // a row of context
      {plain, nothing, tree},                               // a root always stands
      {plain, {{0, 4}, {5, 6}, {1, 2}, {}}, tree},          // a row that is not there
      {plain, {{-1, 2}, {5, 6}, {1, 2}, {}}, tree},         // nor this one
      {plain, {{2, 2}, {5, 6}, {1, 2}, {}}, tree},          // twice
      {plain, {{0, 2}, {5}, {1}, {}}, tree},                // a row without a token
      {plain, {{0, 2}, {5, 7}, {1, 2}, {}}, tree},          // nor this one
      {plain, {{0, 2}, {5, -6}, {1, 2}, {}}, tree},         // a token that is none
      {plain, {{0, 2}, {5, 6}, {1, 2}, {{3, -4}}}, tree}};  // a candidate that is none
  for (const std::vector<StepResult>& results : bad) {
    ExpectNames(ErrorOfResults(results, items), TestContext().rank(), "the next tokens");
  }
}

// Any number in place of any other: an answer that could be, or an error, never a crash.
TEST(MalformedPeerTest, StepResultsWithOneNumberChanged) {
  const std::vector<AskedItem> items = {{0, false}, {4, false}};
  const Message message = ToMessage({{{}, {5}, {1}, {}}, {{0, 2}, {5, 6}, {1, 2}, {{3, 4}}}});
  for (std::size_t at = 0; at < message.header().size(); at += 4) {
    for (const std::int32_t value :
         {-1, 0, 1, 3, 1 << 30, std::numeric_limits<std::int32_t>::min()}) {
      const Message changed = MessageOf(message.header());
      std::memcpy(changed.header().data() + at, &value, sizeof value);
      const std::string error =
          ErrorOfMessage(changed, [&](const Transport& transport, const Message& received) {
            ReadStepResults(transport, received, transport.rank(), items, 7);
          });
      if (error != "no error") ExpectNames(error, TestContext().rank(), "the next tokens");
    }
  }
}

TEST(MalformedPeerTest, AnErrorInPlaceOfStepResults) {
  const std::string line = "token 3 of the answer: \xc3\xa9";
  const auto read = [&](const Transport& transport, const Message& message) {
    try {
      ReadStepResults(transport, message, transport.rank(), {{0, false}}, 7);
      ADD_FAILURE() << "no error";
    } catch (const SequenceError& error) {
      EXPECT_EQ(error.what(), line);
      EXPECT_EQ(error.sequence(), 7);
    }
  };
  EXPECT_EQ(ErrorOfMessage(ToMessage(SequenceError(7, line)), read), "no error");
  const std::vector<std::vector<std::int32_t>> bad = {
      {-1}, {-1, 7}, {-1, 7, 2, 'a'}, {-1, 7, 1, 'a', 'b'}, {-1, 7, 1, '\n'}, {-1, 7, 1, 256}};
  for (const std::vector<std::int32_t>& integers : bad) {
    ExpectNames(ErrorOfMessage(MessageOf(std::as_bytes(std::span(integers))), read),
                TestContext().rank(), "the next tokens");
  }
}

TEST(MalformedPeerTest, Cancellations) {
  for (const std::size_t bytes : {0, 3, 4, 9}) {
    Transport transport(TestContext());
    const int self = transport.rank();
    transport.Send(self, Channel::kCancel, Message(bytes, 0));
    CancelReceiver cancels(transport, self);
    ExpectNames(ErrorOf([&] { cancels.End(); }), self, "a cancellation");
  }
}

TEST(MalformedPeerTest, Stamps) {
  const auto read = [](std::int32_t channel, double head) {
    const WireStamp raw{channel, {head, 0, 0}};
    return ReadStamp(std::as_bytes(std::span(&raw, 1)));
  };
  ASSERT_TRUE(read(kChannels - 1, 0.5).has_value());
  EXPECT_EQ(read(1, 0.5)->stamp.head, 0.5);
  EXPECT_FALSE(read(-1, 0.5));
  EXPECT_FALSE(read(kChannels, 0.5));
  EXPECT_FALSE(read(1, std::nan("")));
  EXPECT_FALSE(read(1, std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(ReadStamp({}));
  const std::vector<std::byte> long_one(sizeof(WireStamp) + 1);
  EXPECT_FALSE(ReadStamp(long_one));
}

// A payload that was left out need not be there, but there must be room for it.
TEST(MalformedPeerTest, FramesOfLargePayloads) {
  std::vector<std::byte> wire(PayloadOffset(64));
  const auto error = [&](std::uint64_t payload) {
    WriteFrame({Channel::kBatch, 0, 64, payload, /*bare=*/true}, wire);
    return FrameError(wire, Channel::kBatch, 0);
  };
  constexpr std::uint64_t kMost = kMaxMessageBytes;
  EXPECT_FALSE(error(kMost - wire.size()));
  EXPECT_TRUE(error(kMost - wire.size() + 1));
  EXPECT_TRUE(error(kMost));
  EXPECT_TRUE(error(std::numeric_limits<std::uint64_t>::max()));
}

}  // namespace
}  // namespace jupiter

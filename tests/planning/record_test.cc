// Records survive their file byte for byte; files that were cut, edited or are no records are
// refused with the line at fault.
#include "planning/record.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"

namespace jupiter {
namespace {

OpEvent LinearEvent() {
  OpEvent event;
  event.op = {.kind = OpKind::kLinear,
              .weight = DType::kQ8_0,
              .input = DType::kAct8,
              .rows = 3,
              .inner = 2048,
              .outer = 5632,
              .context = 0,
              .bytes = 12345678901,
              .operations = 69206016,
              .seconds = 0.000123457};
  event.start = 0.1;
  return event;
}

RankRecord MakeRecord(int rank) {
  RankRecord record;
  record.rank = rank;
  record.events = {MarkEvent{MarkKind::kStart, 0, 0}, LinearEvent(),
                   SendEvent{1 - rank, 1, 64, 8192, 0.25, 1e-6},
                   ReceiveEvent{1 - rank, 2, 64, 0, 0, 0}, MarkEvent{MarkKind::kToken, 17, 1.5}};
  return record;
}

std::string ErrorOf(const std::string& text) {
  try {
    ParseRankRecord(text, "test.jsonl");
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

class RecordFileTest : public testing::Test {
 protected:
  RecordFileTest() : path_(testing::TempDir() + "record_test_" + std::to_string(getpid())) {}
  ~RecordFileTest() override { std::filesystem::remove(path_); }

  void Write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string Read() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  std::string ErrorOfLoad() const {
    try {
      LoadRecord(path_);
    } catch (const UserError& error) {
      std::string text = error.what();
      EXPECT_EQ(text.substr(0, path_.size()), path_);
      return text.substr(path_.size());
    }
    return "no error";
  }

  std::string path_;
};

TEST(RecordTest, AnOpSaysWhichMatrixItMultiplies) {
  OpEvent event = LinearEvent();
  event.op.role = MatrixRole::kAttention;
  event.op.whole = 4 * 2048 * 5632;
  const std::string text = ToText({0, {event, MarkEvent{MarkKind::kStepBatch, 3, 0}}});
  EXPECT_EQ(text,
            "{\"rank\":0,\"events\":2}\n"
            "[\"op\",\"linear\",\"q8_0\",\"act8\",3,2048,5632,0,12345678901,69206016,"
            "\"attention\",46137344,0.1,0.000123457]\n"
            "[\"mark\",\"step_batch\",3]\n");
  const RankRecord again = ParseRankRecord(text, "test.jsonl");
  EXPECT_EQ(ToText(again), text);
  EXPECT_EQ(std::get<OpEvent>(again.events[0]).op.whole, 46137344);
  const auto with = [&](const std::string& from, const std::string& to) {
    return ErrorOf(std::string(text).replace(text.find(from), from.size(), to));
  };
  EXPECT_EQ(with("attention", "attn"), "test.jsonl: line 2: unknown role \"attn\"");
  EXPECT_EQ(with("46137344", "-1"),
            "test.jsonl: line 2: elements of the whole matrix is -1, expected a whole number from "
            "0");
}

TEST(RecordTest, TextIsOneCompactLinePerEvent) {
  EXPECT_EQ(
      ToText(MakeRecord(0)),
      "{\"rank\":0,\"events\":5}\n"
      "[\"mark\",\"start\",0]\n"
      "[\"op\",\"linear\",\"q8_0\",\"act8\",3,2048,5632,0,12345678901,69206016,0.1,0.000123457]\n"
      "[\"send\",1,1,64,8192,0.25,1e-06]\n"
      "[\"receive\",1,2,64,0]\n"
      "[\"mark\",\"token\",17,1.5]\n");
}

TEST(RecordTest, RoundTripKeepsEveryByte) {
  const std::string text = ToText(MakeRecord(1));
  EXPECT_EQ(ToText(ParseRankRecord(text, "test.jsonl")), text);
}

TEST(RecordTest, EveryKindOfEventComesBack) {
  RankRecord record;
  for (int kind = 0; kind <= static_cast<int>(OpKind::kImport); ++kind) {
    OpEvent event;
    event.op.kind = static_cast<OpKind>(kind);
    record.events.emplace_back(event);
  }
  for (int kind = 0; kind <= static_cast<int>(MarkKind::kEnd); ++kind) {
    record.events.emplace_back(MarkEvent{static_cast<MarkKind>(kind), 0, 0});
  }
  for (int dtype = 0; dtype <= static_cast<int>(DType::kAct8); ++dtype) {
    OpEvent event;
    event.op.weight = static_cast<DType>(dtype);
    record.events.emplace_back(event);
  }
  const RankRecord parsed = ParseRankRecord(ToText(record), "test.jsonl");
  ASSERT_EQ(parsed.events.size(), record.events.size());
  for (std::size_t i = 0; i < parsed.events.size(); ++i) {
    EXPECT_EQ(parsed.events[i].index(), record.events[i].index());
  }
  EXPECT_EQ(ToText(parsed), ToText(record));
  EXPECT_EQ(std::get<OpEvent>(parsed.events[3]).op.kind, OpKind::kLinear);
}

TEST(RecordTest, BadLinesAreNamed) {
  const std::string head = "{\"rank\":0,\"events\":1}\n";
  EXPECT_EQ(ErrorOf(""),
            "test.jsonl: line 1: the file ends where a rank should stand; it was cut short");
  EXPECT_EQ(ErrorOf(head),
            "test.jsonl: line 2: the file ends where an event should stand; it was cut short");
  EXPECT_EQ(ErrorOf(head + "[\"mark\",\"sta"),
            "test.jsonl: line 2: the last line has no end; the file was cut short");
  EXPECT_EQ(ErrorOf(head + "[\"mark\",\"start\"\n"), "test.jsonl: line 2: not JSON");
  EXPECT_EQ(ErrorOf(head + "{}\n"), "test.jsonl: line 2: expected an event in brackets");
  EXPECT_EQ(ErrorOf(head + "[]\n"), "test.jsonl: line 2: the kind of event is missing");
  EXPECT_EQ(ErrorOf(head + "[7]\n"), "test.jsonl: line 2: the kind of event is 7, expected a word");
  EXPECT_EQ(ErrorOf(head + "[\"jump\"]\n"),
            "test.jsonl: line 2: unknown event \"jump\", expected op, send, receive or mark");
  EXPECT_EQ(ErrorOf(head + "[\"mark\",\"stop\",0]\n"), "test.jsonl: line 2: unknown mark \"stop\"");
  EXPECT_EQ(ErrorOf(head + "[\"send\",1,1,64]\n"), "test.jsonl: line 2: payload bytes is missing");
  EXPECT_EQ(ErrorOf(head + "[\"send\",-1,1,64,0]\n"),
            "test.jsonl: line 2: the peer is -1, expected a whole number from 0");
  EXPECT_EQ(ErrorOf(head + "[\"send\",1e30,1,64,0]\n"),
            "test.jsonl: line 2: the peer is 1e+30, expected a whole number from 0");
  EXPECT_EQ(ErrorOf(head + "[\"send\",99999999999,1,64,0]\n"),
            "test.jsonl: line 2: the peer is rank 99999999999, expected less than 65536");
  EXPECT_EQ(ErrorOf(head + "[\"send\",18446744073709551615,1,64,0]\n"),
            "test.jsonl: line 2: the peer is 18446744073709551615, expected a whole number from 0");
  EXPECT_EQ(ErrorOf(head + "[\"send\",1,1,64,0,\"now\",0]\n"),
            "test.jsonl: line 2: start is \"now\", expected seconds");
  EXPECT_EQ(ErrorOf(head + "[\"send\",1,1,64,0,1,2,3]\n"),
            "test.jsonl: line 2: 8 fields, expected 7");
  EXPECT_EQ(ErrorOf(head + "[\"op\",\"fly\",\"f32\",\"f32\",1,1,1,0,1,1]\n"),
            "test.jsonl: line 2: unknown op \"fly\"");
  EXPECT_EQ(ErrorOf(head + "[\"op\",\"add\",\"f33\",\"f32\",1,1,1,0,1,1]\n"),
            "test.jsonl: line 2: unknown weight type \"f33\"");
  EXPECT_EQ(ErrorOf(head + "[\"op\",\"add\",\"f32\",\"f32\",1.5,1,1,0,1,1]\n"),
            "test.jsonl: line 2: rows is 1.5, expected a whole number from 0");
}

TEST(RecordTest, BadRankLinesAreNamed) {
  EXPECT_EQ(ErrorOf("[1]\n"), "test.jsonl: line 1: expected an object with \"rank\"");
  EXPECT_EQ(ErrorOf("{\"rank\":0}\n"), "test.jsonl: line 1: expected an object with \"events\"");
  EXPECT_EQ(
      ErrorOf("{\"rank\":0,\"events\":1000000000000}\n"),
      "test.jsonl: line 1: \"events\" is 1000000000000, expected a whole number from 0 to 34");
  EXPECT_EQ(ErrorOf("{\"rank\":\"0\",\"events\":0}\n"),
            "test.jsonl: line 1: \"rank\" is \"0\", expected a whole number from 0 to 65536");
  EXPECT_EQ(ErrorOf("{\"rank\":0,\"events\":0}\n[]\n"),
            "test.jsonl: more events than its first line says");
}

TEST_F(RecordFileTest, RoundTrip) {
  const RunRecord run{"tinyllama \"q8_0\" on 2 ranks", {MakeRecord(0), MakeRecord(1)}};
  SaveRecord(run, path_);
  const std::string text = Read();
  EXPECT_EQ(text.substr(0, text.find('\n')),
            R"({"jupiter_record":1,"ranks":2,"description":"tinyllama \"q8_0\" on 2 ranks"})");
  const RunRecord loaded = LoadRecord(path_);
  EXPECT_EQ(loaded.description, run.description);
  ASSERT_EQ(loaded.ranks.size(), 2u);
  SaveRecord(loaded, path_);
  EXPECT_EQ(Read(), text);
}

TEST_F(RecordFileTest, EveryCutIsNoticed) {
  SaveRecord({"a run", {MakeRecord(0), MakeRecord(1)}}, path_);
  const std::string text = Read();
  for (std::size_t length = 0; length < text.size(); ++length) {
    Write(text.substr(0, length));
    EXPECT_NE(ErrorOfLoad(), "no error") << length;
  }
}

TEST_F(RecordFileTest, OtherFilesAreRefused) {
  EXPECT_EQ(ErrorOfLoad(), ": no such record, or it cannot be read");
  Write("GGUF\n");
  EXPECT_EQ(ErrorOfLoad(), ": line 1: not JSON");
  Write("{\"traceEvents\":[]}\n");
  EXPECT_EQ(ErrorOfLoad(), ": line 1: expected an object with \"jupiter_record\"");
  Write("{\"jupiter_record\":2,\"ranks\":0,\"description\":\"\"}\n");
  EXPECT_EQ(ErrorOfLoad(), ": line 1: record version 2, expected 1");
  Write("{\"jupiter_record\":1,\"ranks\":0}\n");
  EXPECT_EQ(ErrorOfLoad(), ": line 1: expected a \"description\"");
}

TEST_F(RecordFileTest, RanksAndPeersMustExist) {
  const std::string head = "{\"jupiter_record\":1,\"ranks\":1,\"description\":\"\"}\n";
  Write(head + "{\"rank\":1,\"events\":0}\n");
  EXPECT_EQ(ErrorOfLoad(), ": rank 1 stands where rank 0 should");
  Write(head + "{\"rank\":0,\"events\":1}\n[\"receive\",1,1,64,0]\n");
  EXPECT_EQ(ErrorOfLoad(), ": rank 0 exchanges a message with rank 1 of 1");
  Write(head + "{\"rank\":0,\"events\":0}\n{\"rank\":1,\"events\":0}\n");
  EXPECT_EQ(ErrorOfLoad(), ": more lines than the 1 ranks have");
}

TEST_F(RecordFileTest, FolderThatIsNotThere) {
  EXPECT_THROW(SaveRecord({}, "/no/such/folder/record.jsonl"), UserError);
}

TEST_F(RecordFileTest, LargeRecordsAreQuick) {
  RankRecord record;
  record.events.assign(200000, LinearEvent());
  const double start = Now();
  SaveRecord({"a long run", {record}}, path_);
  const double saved = Now();
  EXPECT_EQ(LoadRecord(path_).ranks[0].events.size(), record.events.size());
  fmt::print("200000 events: saved in {:.2f} s, loaded in {:.2f} s\n", saved - start,
             Now() - saved);
}

}  // namespace
}  // namespace jupiter

// Records survive their file byte for byte; files that were cut, edited or are no records are
// refused with the line at fault.
#include "planning/record/record.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "planning/record/record_marks.h"
#include "planning/record/record_parse.h"
#include "tests/planning/damaged_text.h"
#include "tests/refusal.h"

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
                   ReceiveEvent{1 - rank, 2, 64, 0, 0, 0},
                   MarkEvent{MarkKind::kToken, 17, 1.5, {{4, 9, 2}}}};
  return record;
}

std::string ErrorOf(const std::string& text) {
  return RefusalOf([&] { ParseRankRecord(text, "test.jsonl"); });
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
  const std::string text =
      ToText({0, {event, MarkEvent{MarkKind::kStepBatch, 3, 0, {{1, 7, 2}, {2, 6, 1}}}}});
  EXPECT_EQ(text,
            "{\"rank\":0,\"events\":2}\n"
            "[\"op\",\"linear\",\"q8_0\",\"act8\",3,2048,5632,0,12345678901,69206016,"
            "\"attention\",46137344,0.1,0.000123457]\n"
            "[\"mark\",\"step_batch\",3,[[1,7,2],[2,6,1]]]\n");
  const RankRecord again = ParseRankRecord(text, "test.jsonl");
  EXPECT_EQ(ToText(again), text);
  EXPECT_EQ(std::get<OpEvent>(again.events[0]).op.whole, 46137344);
  const auto with = [&](const std::string& from, const std::string& to) {
    return ErrorOf(std::string(text).replace(text.find(from), from.size(), to));
  };
  EXPECT_EQ(with("attention", "attn"), "test.jsonl: line 2: unknown role \"attn\"");
  EXPECT_EQ(
      with("46137344", "-1"),
      "test.jsonl: line 2: elements of the whole matrix is -1, expected a whole number from 0 to "
      "1125899906842624");
}

TEST(RecordTest, TextIsOneCompactLinePerEvent) {
  EXPECT_EQ(
      ToText(MakeRecord(0)),
      "{\"rank\":0,\"events\":5}\n"
      "[\"mark\",\"start\",0]\n"
      "[\"op\",\"linear\",\"q8_0\",\"act8\",3,2048,5632,0,12345678901,69206016,0.1,0.000123457]\n"
      "[\"send\",1,1,64,8192,0.25,1e-06]\n"
      "[\"receive\",1,2,64,0]\n"
      "[\"mark\",\"token\",17,[[4,9,2]],1.5]\n");
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
  for (int kind = 0; kind <= static_cast<int>(MarkKind::kStepBatch); ++kind) {
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
            "test.jsonl: line 2: the peer is -1, expected a whole number from 0 to 65535");
  EXPECT_EQ(ErrorOf(head + "[\"send\",1e30,1,64,0]\n"),
            "test.jsonl: line 2: the peer is 1e+30, expected a whole number from 0 to 65535");
  EXPECT_EQ(ErrorOf(head + "[\"send\",99999999999,1,64,0]\n"),
            "test.jsonl: line 2: the peer is 99999999999, expected a whole number from 0 to 65535");
  EXPECT_EQ(ErrorOf(head + "[\"send\",18446744073709551615,1,64,0]\n"),
            "test.jsonl: line 2: the peer is 18446744073709551615, expected a whole number from 0 "
            "to 65535");
  EXPECT_EQ(ErrorOf(head + "[\"send\",1,1,64,0,\"now\",0]\n"),
            "test.jsonl: line 2: start is \"now\", expected seconds from 0 to 1000000000");
  EXPECT_EQ(ErrorOf(head + "[\"send\",1,1,64,0,1,2,3]\n"),
            "test.jsonl: line 2: 8 fields, expected 7");
  EXPECT_EQ(ErrorOf(head + "[\"op\",\"fly\",\"f32\",\"f32\",1,1,1,0,1,1]\n"),
            "test.jsonl: line 2: unknown op \"fly\"");
  EXPECT_EQ(ErrorOf(head + "[\"op\",\"add\",\"f33\",\"f32\",1,1,1,0,1,1]\n"),
            "test.jsonl: line 2: unknown weight type \"f33\"");
  EXPECT_EQ(ErrorOf(head + "[\"op\",\"add\",\"f32\",\"f32\",1.5,1,1,0,1,1]\n"),
            "test.jsonl: line 2: rows is 1.5, expected a whole number from 0 to 1125899906842624");
}

TEST(RecordTest, AbsurdNumbersAreNamed) {
  const std::string head = "{\"rank\":0,\"events\":1}\n";
  const std::string seconds = ", expected seconds from 0 to 1000000000";
  EXPECT_EQ(ErrorOf(head + "[\"send\",1,1,64,0,0.5]\n"), "test.jsonl: line 2: seconds is missing");
  EXPECT_EQ(ErrorOf(head + "[\"op\",\"add\",\"f32\",\"f32\",1,1,1,0,1,1,0.5]\n"),
            "test.jsonl: line 2: seconds is missing");
  EXPECT_EQ(ErrorOf(head + "[\"send\",1,1,64,0,-0.5,0]\n"),
            "test.jsonl: line 2: start is -0.5" + seconds);
  EXPECT_EQ(ErrorOf(head + "[\"receive\",1,1,64,0,0,1e10]\n"),
            "test.jsonl: line 2: seconds is 10000000000.0" + seconds);
  EXPECT_EQ(ErrorOf(head + "[\"mark\",\"end\",1,-1]\n"),
            "test.jsonl: line 2: start is -1" + seconds);
  EXPECT_EQ(ErrorOf(head + "[\"mark\",\"end\",1,1e999]\n"),
            "test.jsonl: line 2: a number is too large to be read");
  EXPECT_EQ(ErrorOf(head + "[\"mark\",\"end\",1,NaN]\n"), "test.jsonl: line 2: not JSON");
  EXPECT_EQ(ErrorOf(head + "[\"send\",1,1,64,1099511627777]\n"),
            "test.jsonl: line 2: payload bytes is 1099511627777, expected a whole number from 0 to "
            "1099511627776");
  EXPECT_EQ(ErrorOf(head + "[\"send\",1,16,64,0]\n"),
            "test.jsonl: line 2: the channel is 16, expected a whole number from 0 to 15");
  EXPECT_EQ(ErrorOf(head + "[\"ju\\nmp\"]\n"),
            "test.jsonl: line 2: unknown event \"ju\\nmp\", expected op, send, receive or mark");
}

TEST(RecordTest, MarksWithoutTheirStepsAreNamed) {
  const auto error = [](const std::string& mark) {
    return ErrorOf("{\"rank\":0,\"events\":1}\n" + mark + "\n");
  };
  const std::string where = "test.jsonl: line 2: ";
  EXPECT_EQ(error("[\"mark\",\"token\",1]"), where + "the step is missing");
  EXPECT_EQ(error("[\"mark\",\"token\",1,2.5]"),
            where + "the steps are 2.5, expected a list of [sequence, step, count]");
  EXPECT_EQ(error("[\"mark\",\"step_batch\",1,[7]]"),
            where + "a step is 7, expected [sequence, step, count]");
  EXPECT_EQ(error("[\"mark\",\"step_batch\",1,[[0,1]]]"), where + "the count is missing");
  EXPECT_EQ(error("[\"mark\",\"step_batch\",1,[[0,1,1,1]]]"), where + "4 fields, expected 3");
  EXPECT_EQ(error("[\"mark\",\"step_batch\",1,[[-1,1,1]]]"),
            where + "the sequence is -1, expected a whole number from 0 to 2147483647");
  EXPECT_EQ(error("[\"mark\",\"start\",0,[]]"),
            where + "start is [], expected seconds from 0 to 1000000000");
}

TEST(RecordTest, BadRankLinesAreNamed) {
  EXPECT_EQ(ErrorOf("[1]\n"), "test.jsonl: line 1: got [1], expected a rank as a JSON object");
  EXPECT_EQ(ErrorOf("{\"rank\":0}\n"), "test.jsonl: line 1: events: missing, expected in a rank");
  EXPECT_EQ(ErrorOf("{\"rank\":0,\"events\":1000000000000}\n"),
            "test.jsonl: line 1: events: got 1000000000000, expected a whole number from 0 to 34");
  EXPECT_EQ(ErrorOf("{\"rank\":\"0\",\"events\":0}\n"),
            "test.jsonl: line 1: rank: got \"0\", expected a whole number from 0 to 65535");
  EXPECT_EQ(ErrorOf("{\"rank\":0,\"events\":0,\"event\":1}\n"),
            "test.jsonl: line 1: unknown key event; a rank has rank, events");
  EXPECT_EQ(ErrorOf("{\"rank\":0,\"events\":0,\"rank\":1}\n"),
            "test.jsonl: line 1: rank stands twice, expected once; take one of them out");
  EXPECT_EQ(ErrorOf("{\"rank\":0,\"events\":0}\n[]\n"),
            "test.jsonl: line 2: expected the end of the file, which has 0 events");
}

TEST_F(RecordFileTest, RoundTrip) {
  const RunRecord run{"tinyllama \"q8_0\" on 2 ranks", {MakeRecord(0), MakeRecord(1)}};
  SaveRecord(run, path_);
  const std::string text = Read();
  EXPECT_EQ(text.substr(0, text.find('\n')),
            R"({"jupiter_record":2,"ranks":2,"description":"tinyllama \"q8_0\" on 2 ranks"})");
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
  EXPECT_EQ(ErrorOfLoad(), ": line 1: not JSON; expected the first line of a record");
  Write("{\"traceEvents\":[]}\n");
  EXPECT_EQ(ErrorOfLoad(),
            ": line 1: jupiter_record: missing, expected in the first line of a record");
  // Its marks do not say whose steps they are.
  Write("{\"jupiter_record\":1,\"ranks\":0,\"description\":\"\"}\n");
  EXPECT_EQ(ErrorOfLoad(),
            ": line 1: record version 1, expected 2; record the run again with this program");
  Write("{\"jupiter_record\":2,\"ranks\":1}\n");
  EXPECT_EQ(ErrorOfLoad(),
            ": line 1: description: missing, expected in the first line of a record");
  Write("{\"jupiter_record\":2,\"ranks\":0,\"description\":\"\"}\n");
  EXPECT_EQ(ErrorOfLoad(), ": line 1: ranks: got 0, expected a whole number from 1 to 65536");
  Write("{\"jupiter_record\":2,\"ranks\":1,\"description\":\"\",\"model\":\"7b\"}\n");
  EXPECT_EQ(ErrorOfLoad(),
            ": line 1: unknown key model; the first line of a record has jupiter_record, ranks, "
            "description");
  Write("{\"jupiter_record\":2,\"ranks\":1,\"description\":\"\",\"ranks\":2}\n");
  EXPECT_EQ(ErrorOfLoad(), ": line 1: ranks stands twice, expected once; take one of them out");
}

TEST_F(RecordFileTest, RanksAndPeersMustExist) {
  const std::string head = "{\"jupiter_record\":2,\"ranks\":1,\"description\":\"\"}\n";
  const std::string two = Replaced(head, "1,\"desc", "2,\"desc");
  Write(two + "{\"rank\":1,\"events\":0}\n");
  EXPECT_EQ(ErrorOfLoad(), ": line 2: rank 1 stands where rank 0 should");
  Write(head + "{\"rank\":1,\"events\":0}\n");
  EXPECT_EQ(ErrorOfLoad(), ": line 2: rank: got 1, expected a whole number from 0 to 0");
  Write(head + "{\"rank\":0,\"events\":1}\n[\"receive\",1,1,64,0]\n");
  EXPECT_EQ(ErrorOfLoad(),
            ": line 3: rank 0 exchanges a message with rank 1, expected another "
            "one of 1");
  Write(two + "{\"rank\":0,\"events\":0}\n{\"rank\":1,\"events\":1}\n[\"send\",1,1,64,0]\n");
  EXPECT_EQ(ErrorOfLoad(),
            ": line 4: rank 1 exchanges a message with rank 1, expected another "
            "one of 2");
  Write(head + "{\"rank\":0,\"events\":0}\n{\"rank\":1,\"events\":0}\n");
  EXPECT_EQ(ErrorOfLoad(), ": line 3: expected the end of the file, which has 1 ranks");
}

// What only the replay notices is named by the line that it stands in, too.
TEST_F(RecordFileTest, EventsAreFoundInTheirFile) {
  SaveRecord({"a run", {MakeRecord(0), MakeRecord(1)}}, path_);
  const RunRecord run = LoadRecord(path_);
  EXPECT_EQ(WhereIs(run, 0, 0), path_ + ": line 3: ");
  EXPECT_EQ(WhereIs(run, 1, 4), path_ + ": line 13: ");
  EXPECT_EQ(WhereIs({"a run", {MakeRecord(0)}}, 0, 0), "");
}

TEST(RecordTest, DamagedTextsAreRefusedInOneLine) {
  const std::string good = ToText(RunRecord{"a run", {MakeRecord(0), MakeRecord(1)}});
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    const std::string text = DamagedText(good, seed);
    const std::string error = RefusalOf([&] { ParseRecord(text, "r.jsonl"); });
    if (error == "no error") {
      const std::string again = ToText(ParseRecord(text, "r.jsonl"));
      EXPECT_EQ(ToText(ParseRecord(again, "r.jsonl")), again) << text;
      continue;
    }
    ++refused;
    EXPECT_EQ(error.rfind("r.jsonl: line ", 0), 0u) << error << "\n" << text;
  }
  EXPECT_GT(refused, 3000);
}

using Marks = std::vector<MarkEvent>;

std::string ErrorOfMarks(const Marks& marks) {
  RunRecord run;
  run.source = "r.jsonl";
  run.ranks.resize(1);
  run.ranks[0].line = 2;
  for (const MarkEvent& mark : marks) run.ranks[0].events.emplace_back(mark);
  return RefusalOf([&] { CheckMarks(run); });
}

TEST(RecordMarksTest, StartFirstTokenTokensAndEndAreExpected) {
  const MarkEvent start{MarkKind::kStart, 0, 0};
  const MarkEvent prompt{MarkKind::kPromptBatch, 5, 0, {{0, 0, 5}}};
  const MarkEvent first{MarkKind::kFirstToken, 1, 0, {{0, 0, 1}}};
  const MarkEvent step{MarkKind::kStepBatch, 4, 0, {{0, 1, 4}}};
  const MarkEvent token{MarkKind::kToken, 3, 0, {{0, 1, 2}}};
  const MarkEvent end{MarkKind::kEnd, 3, 0};
  EXPECT_EQ(ErrorOfMarks({start, prompt, first, step, token, end}), "no error");
  EXPECT_EQ(ErrorOfMarks({prompt, start, first, end}), "no error");
  EXPECT_EQ(ErrorOfMarks({start, prompt, step, first, token, end}), "no error");
  const std::string at_the_end = "the events of rank 0 end without the mark ";
  EXPECT_EQ(ErrorOfMarks({}), "r.jsonl: line 2: " + at_the_end + "start; record the run again");
  EXPECT_EQ(ErrorOfMarks({start, prompt}),
            "r.jsonl: line 4: " + at_the_end + "first_token; record the run again");
  EXPECT_EQ(ErrorOfMarks({prompt, start, first}),
            "r.jsonl: line 5: " + at_the_end + "end; record the run again");
  EXPECT_EQ(ErrorOfMarks({first, token, end}),
            "r.jsonl: line 3: the mark first_token of rank 0, expected start before");
  EXPECT_EQ(ErrorOfMarks({start, token, end}),
            "r.jsonl: line 4: the mark token of rank 0, expected first_token");
  EXPECT_EQ(ErrorOfMarks({prompt, start, first, first, end}),
            "r.jsonl: line 6: the mark first_token of rank 0, expected token or end");
  EXPECT_EQ(ErrorOfMarks({prompt, start, first, end, token}),
            "r.jsonl: line 7: the mark token of rank 0, expected none after end");
  EXPECT_EQ(ErrorOfMarks({prompt, start, first, step, token, token, end}),
            "r.jsonl: line 8: the mark token of rank 0 is at 3 tokens, expected more than the 3 "
            "before");
}

TEST(RecordMarksTest, TokensAreOfAStepThatWasTakenUp) {
  const MarkEvent start{MarkKind::kStart, 0, 0};
  const MarkEvent prompts{MarkKind::kPromptBatch, 7, 0, {{0, 0, 5}, {1, 0, 2}}};
  const MarkEvent first{MarkKind::kFirstToken, 1, 0, {{1, 0, 1}}};
  const MarkEvent steps{MarkKind::kStepBatch, 2, 0, {{1, 1, 1}, {0, 1, 1}}};
  const auto token = [](std::int64_t index, std::vector<SequenceStep> of) {
    return MarkEvent{MarkKind::kToken, index, 0, std::move(of)};
  };
  const MarkEvent end{MarkKind::kEnd, 4, 0};
  // In any order: they are named.
  EXPECT_EQ(ErrorOfMarks({start, prompts, first, steps, token(2, {{0, 1, 1}}),
                          token(3, {{0, 0, 1}}), token(4, {{1, 1, 1}}), end}),
            "no error");
  const auto error = [&](const MarkEvent& last) {
    return ErrorOfMarks({start, prompts, first, steps, last, end});
  };
  const std::string mark = "r.jsonl: line 7: the mark token of rank 0 ";
  const std::string expected = ", expected of a step that was taken up before and has given none";
  EXPECT_EQ(error(token(2, {{0, 2, 1}})), mark + "has tokens of step 2 of sequence 0" + expected);
  EXPECT_EQ(error(token(2, {{2, 1, 1}})), mark + "has tokens of step 1 of sequence 2" + expected);
  EXPECT_EQ(error(token(2, {{1, 0, 1}})), mark + "has tokens of step 0 of sequence 1" + expected);
  EXPECT_EQ(error(token(2, {})), mark + "names 0 steps, expected the one that gave the tokens");
  EXPECT_EQ(error(token(3, {{0, 1, 1}})),
            mark + "is at 3 tokens, expected the 1 before and 1 of its step");
  EXPECT_EQ(
      error(MarkEvent{MarkKind::kStepBatch, 3, 0, {{0, 2, 1}}}),
      "r.jsonl: line 7: the mark step_batch of rank 0 has 3 rows, expected those of its steps "
      "together");
  EXPECT_EQ(error(MarkEvent{MarkKind::kStepBatch, 1, 0, {{0, 0, 1}}}),
            "r.jsonl: line 7: the mark step_batch of rank 0 has step 0 of sequence 0, expected "
            "decoding steps, from 1");
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

#include "planning/record/record_parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <unordered_map>

#include "kernels/base/check.h"
#include "planning/text/json_reader.h"

namespace jupiter {
namespace {

constexpr int kMostRecordedRanks = 1 << 16;
constexpr int kMostChannels = 16;
// Above what any run has, and low enough that sums over a record do not overflow.
constexpr std::int64_t kMostOfAnOp = std::int64_t{1} << 50;         // rows, bytes, operations, ...
constexpr std::int64_t kMostRecordedBytes = std::int64_t{1} << 40;  // of a message
constexpr double kMostRecordedSeconds = 1e9;
constexpr std::size_t kMostKnownLines = 4096;

// The lines of a record, each parsed as JSON, with their numbers for errors.
class RecordLines {
 public:
  RecordLines(std::string_view text, const std::string& source) : text_(text), source_(source) {}

  std::int64_t line() const { return line_; }
  const std::string& source() const { return source_; }
  // The next line. `what` says what should be there.
  std::string_view Take(std::string_view what) {
    ++line_;
    if (text_.empty()) Fail("the file ends where {} should stand; it was cut short", what);
    const std::size_t end = text_.find('\n');
    if (end == std::string_view::npos) Fail("the last line has no end; the file was cut short");
    const std::string_view text = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return text;
  }
  // The line that was taken last.
  Json Parse(std::string_view text) const {
    try {
      return Json::parse(text);
    } catch (const Json::out_of_range&) {
      Fail("a number is too large to be read");
    } catch (const Json::parse_error&) {
      Fail("not JSON");
    }
  }
  // The next line, an object with the lines of its keys.
  JsonText NextObject(std::string_view what) {
    const std::string_view text = Take(what);
    return ParseJsonText(text, source_, what, line_);
  }
  void ExpectEnd(std::string_view counted) {
    if (text_.empty()) return;
    ++line_;
    Fail("expected the end of the file, which has {}", counted);
  }
  template <typename... Args>
  [[noreturn]] void Fail(fmt::format_string<Args...> format, Args&&... args) const {
    FailUser("{}: line {}: {}", source_, line_, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  std::string_view text_;
  const std::string& source_;
  std::int64_t line_ = 0;
};

// The fields of one event after its kind, in order.
class Fields {
 public:
  Fields(const Json& array, const RecordLines& lines) : array_(array), lines_(lines) {}

  std::string_view Word(std::string_view name) {
    const Json& field = Take(name);
    if (!field.is_string()) lines_.Fail("{} is {}, expected a word", name, ShowJson(field));
    return field.get_ref<const std::string&>();
  }
  std::int64_t Count(std::string_view name, std::int64_t most) {
    const Json& field = Take(name);
    if (!field.is_number_integer() || field.get<std::int64_t>() < 0 ||
        field.get<std::int64_t>() > most) {
      lines_.Fail("{} is {}, expected a whole number from 0 to {}", name, ShowJson(field), most);
    }
    return field.get<std::int64_t>();
  }
  // Whether the next field is a word.
  bool AtWord() const { return next_ < array_.size() && array_[next_].is_string(); }
  // Records of what was not timed have no times.
  bool AtEnd() const { return next_ == array_.size(); }
  double Time(std::string_view name) {
    const Json& field = Take(name);
    if (!field.is_number() || field.get<double>() < 0 ||
        field.get<double>() > kMostRecordedSeconds) {
      lines_.Fail("{} is {}, expected seconds from 0 to {}", name, ShowJson(field),
                  kMostRecordedSeconds);
    }
    return field.get<double>();
  }
  std::vector<SequenceStep> Steps() {
    const Json& list = Take("the step");
    if (!list.is_array()) {
      lines_.Fail("the steps are {}, expected a list of [sequence, step, count]", ShowJson(list));
    }
    std::vector<SequenceStep> steps;
    for (const Json& each : list) {
      if (!each.is_array()) {
        lines_.Fail("a step is {}, expected [sequence, step, count]", ShowJson(each));
      }
      Fields fields(each, lines_);
      SequenceStep& step = steps.emplace_back();
      step.sequence = static_cast<std::int32_t>(
          fields.Count("the sequence", std::numeric_limits<std::int32_t>::max()));
      step.step = fields.Count("the step", kMostOfAnOp);
      step.count = fields.Count("the count", kMostOfAnOp);
      fields.End();
    }
    return steps;
  }
  int Peer() { return static_cast<int>(Count("the peer", kMostRecordedRanks - 1)); }
  int Channel() { return static_cast<int>(Count("the channel", kMostChannels - 1)); }
  void End() const {
    if (next_ != array_.size()) {
      lines_.Fail("{} fields, expected {}", array_.size(), next_);
    }
  }

 private:
  const Json& Take(std::string_view name) {
    if (next_ >= array_.size()) lines_.Fail("{} is missing", name);
    return array_[next_++];
  }

  const Json& array_;
  const RecordLines& lines_;
  std::size_t next_ = 0;
};

template <typename Enum>
Enum FromName(std::string_view name, Enum last, std::string_view what, const RecordLines& lines) {
  for (int value = 0; value <= static_cast<int>(last); ++value) {
    if (Name(static_cast<Enum>(value)) == name) return static_cast<Enum>(value);
  }
  lines.Fail("unknown {} \"{}\"", what, ShowWord(name));
}

DType DTypeField(Fields& fields, std::string_view what, const RecordLines& lines) {
  const std::string_view name = fields.Word(what);
  const std::optional<DType> dtype = ParseDType(name);
  if (!dtype) lines.Fail("unknown {} \"{}\"", what, ShowWord(name));
  return *dtype;
}

OpEvent ParseOp(Fields& fields, const RecordLines& lines) {
  OpEvent event;
  OpCall& op = event.op;
  op.kind = FromName(fields.Word("the op"), OpKind::kImport, "op", lines);
  op.weight = DTypeField(fields, "weight type", lines);
  op.input = DTypeField(fields, "input type", lines);
  op.rows = fields.Count("rows", kMostOfAnOp);
  op.inner = fields.Count("inner", kMostOfAnOp);
  op.outer = fields.Count("outer", kMostOfAnOp);
  op.context = fields.Count("context", kMostOfAnOp);
  op.bytes = fields.Count("bytes", kMostOfAnOp);
  op.operations = fields.Count("operations", kMostOfAnOp);
  // Records of earlier versions do not say which matrix it is.
  if (fields.AtWord()) {
    op.role = FromName(fields.Word("the role"), MatrixRole::kEmbedding, "role", lines);
    op.whole = fields.Count("elements of the whole matrix", kMostOfAnOp);
  }
  if (fields.AtEnd()) return event;
  event.start = fields.Time("start");
  op.seconds = fields.Time("seconds");
  return event;
}

template <typename TransferEvent>
TransferEvent ParseTransfer(Fields& fields) {
  TransferEvent event;
  event.peer = fields.Peer();
  event.channel = fields.Channel();
  event.header_bytes = fields.Count("header bytes", kMostRecordedBytes);
  event.payload_bytes = fields.Count("payload bytes", kMostRecordedBytes);
  if (fields.AtEnd()) return event;
  event.start = fields.Time("start");
  event.seconds = fields.Time("seconds");
  return event;
}

MarkEvent ParseMark(Fields& fields, const RecordLines& lines) {
  MarkEvent event;
  event.kind = FromName(fields.Word("the mark"), MarkKind::kStepBatch, "mark", lines);
  event.index = fields.Count("index", kMostOfAnOp);
  if (NamesSteps(event.kind)) event.steps = fields.Steps();
  if (!fields.AtEnd()) event.start = fields.Time("start");
  return event;
}

Event ParseEvent(const Json& line, const RecordLines& lines) {
  if (!line.is_array()) lines.Fail("expected an event in brackets");
  Fields fields(line, lines);
  const std::string_view kind = fields.Word("the kind of event");
  Event event;
  if (kind == "op") {
    event = ParseOp(fields, lines);
  } else if (kind == "send") {
    event = ParseTransfer<SendEvent>(fields);
  } else if (kind == "receive") {
    event = ParseTransfer<ReceiveEvent>(fields);
  } else if (kind == "mark") {
    event = ParseMark(fields, lines);
  } else {
    lines.Fail("unknown event \"{}\", expected op, send, receive or mark", ShowWord(kind));
  }
  fields.End();
  return event;
}

void CheckPeer(const Event& event, int rank, int ranks, const RecordLines& lines) {
  const auto check = [&](int peer) {
    if (peer < ranks && peer != rank) return;
    lines.Fail("rank {} exchanges a message with rank {}, expected another one of {}", rank, peer,
               ranks);
  };
  if (const auto* send = std::get_if<SendEvent>(&event)) check(send->peer);
  if (const auto* receive = std::get_if<ReceiveEvent>(&event)) check(receive->peer);
}

// Of `ranks` in all; `text_bytes` is the size of the whole text.
RankRecord ParseRank(RecordLines& lines, int ranks, std::int64_t text_bytes) {
  const JsonText head = lines.NextObject("a rank");
  const JsonReader reader(head, "a rank");
  reader.ExpectOnly({"rank", "events"});
  RankRecord record;
  record.line = lines.line();
  record.rank = static_cast<int>(reader.Count("rank", 0, ranks - 1));
  // Every event takes a line, so no count above the size of the text can be true.
  const std::int64_t events = reader.Count("events", 0, text_bytes);
  record.events.reserve(static_cast<std::size_t>(std::min<std::int64_t>(events, 1 << 20)));
  // Where nothing is timed most lines are those of earlier layers and steps.
  std::unordered_map<std::string_view, std::size_t> known;  // line: its first event
  for (std::int64_t i = 0; i < events; ++i) {
    const std::string_view line = lines.Take("an event");
    const auto found = known.find(line);
    if (found != known.end()) {
      record.events.push_back(Event(record.events[found->second]));
      continue;
    }
    record.events.push_back(ParseEvent(lines.Parse(line), lines));
    CheckPeer(record.events.back(), record.rank, ranks, lines);
    if (known.size() < kMostKnownLines) known.emplace(line, record.events.size() - 1);
  }
  return record;
}

RunRecord ParseHead(RecordLines& lines, int& ranks) {
  const JsonText head = lines.NextObject("the first line of a record");
  const JsonReader reader(head, "the first line of a record");
  const std::int64_t version = reader.Count("jupiter_record", 0, kMostRecordedRanks);
  if (version != kRecordVersion) {
    lines.Fail("record version {}, expected {}; record the run again with this program", version,
               kRecordVersion);
  }
  reader.ExpectOnly({"jupiter_record", "ranks", "description"});
  ranks = static_cast<int>(reader.Count("ranks", 1, kMostRecordedRanks));
  RunRecord run;
  run.description = reader.Word("description");
  run.source = lines.source();
  return run;
}

}  // namespace

RankRecord ParseRankRecord(std::string_view text, const std::string& source) {
  RecordLines lines(text, source);
  RankRecord record = ParseRank(lines, kMostRecordedRanks, std::ssize(text));
  lines.ExpectEnd(fmt::format("{} events", record.events.size()));
  return record;
}

RunRecord ParseRecord(std::string_view text, const std::string& source) {
  RecordLines lines(text, source);
  int ranks = 0;
  RunRecord run = ParseHead(lines, ranks);
  for (int rank = 0; rank < ranks; ++rank) {
    run.ranks.push_back(ParseRank(lines, ranks, std::ssize(text)));
    const RankRecord& record = run.ranks.back();
    if (record.rank == rank) continue;
    FailUser("{}: line {}: rank {} stands where rank {} should", source, record.line, record.rank,
             rank);
  }
  lines.ExpectEnd(fmt::format("{} ranks", ranks));
  return run;
}

RunRecord LoadRecord(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    FailUser("{}: not a regular file, expected a record", path);
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) FailUser("{}: no such record, or it cannot be read", path);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return ParseRecord(text, path);
}

}  // namespace jupiter

// Reading of records: every line is checked, because records are files that users move and edit.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "kernels/base/check.h"
#include "planning/record.h"

namespace jupiter {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr int kMostRanks = 1 << 16;
constexpr int kMostChannels = 16;

// The lines of a record, each parsed as JSON, with their numbers for errors.
class Lines {
 public:
  Lines(std::string_view text, const std::string& source, std::int64_t first_line = 1)
      : text_(text), source_(source), line_(first_line - 1) {}

  bool AtEnd() const { return text_.empty(); }
  // The next line. `what` is what should stand there.
  Json Next(std::string_view what) {
    ++line_;
    if (text_.empty()) Fail("the file ends where {} should stand; it was cut short", what);
    const std::size_t end = text_.find('\n');
    if (end == std::string_view::npos) Fail("the last line has no end; the file was cut short");
    Json json = Json::parse(text_.substr(0, end), nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded()) Fail("not JSON");
    text_.remove_prefix(end + 1);
    return json;
  }
  template <typename... Args>
  [[noreturn]] void Fail(fmt::format_string<Args...> format, Args&&... args) const {
    FailUser("{}: line {}: {}", source_, line_, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  std::string_view text_;
  const std::string& source_;
  std::int64_t line_;
};

// The fields of one event after its kind, in order.
class Fields {
 public:
  Fields(const Json& array, const Lines& lines) : array_(array), lines_(lines) {}

  std::string_view Word(std::string_view name) {
    const Json& field = Take(name);
    if (!field.is_string()) lines_.Fail("{} is {}, expected a word", name, field.dump());
    return field.get_ref<const std::string&>();
  }
  std::int64_t Count(std::string_view name) {
    const Json& field = Take(name);
    if (!field.is_number_integer() || field.get<std::int64_t>() < 0) {
      lines_.Fail("{} is {}, expected a whole number from 0", name, field.dump());
    }
    return field.get<std::int64_t>();
  }
  // Whether the next field is a word.
  bool AtWord() const { return next_ < array_.size() && array_[next_].is_string(); }
  double Time(std::string_view name) {
    if (next_ == array_.size()) return 0;
    const Json& field = Take(name);
    if (!field.is_number()) lines_.Fail("{} is {}, expected seconds", name, field.dump());
    return field.get<double>();
  }
  int Peer() {
    const std::int64_t peer = Count("the peer");
    if (peer >= kMostRanks)
      lines_.Fail("the peer is rank {}, expected less than {}", peer, kMostRanks);
    return static_cast<int>(peer);
  }
  int Channel() {
    const std::int64_t channel = Count("the channel");
    if (channel >= kMostChannels) {
      lines_.Fail("the channel is {}, expected less than {}", channel, kMostChannels);
    }
    return static_cast<int>(channel);
  }
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
  const Lines& lines_;
  std::size_t next_ = 0;
};

template <typename Enum>
Enum FromName(std::string_view name, Enum last, std::string_view what, const Lines& lines) {
  for (int value = 0; value <= static_cast<int>(last); ++value) {
    if (Name(static_cast<Enum>(value)) == name) return static_cast<Enum>(value);
  }
  lines.Fail("unknown {} \"{}\"", what, name);
}

DType DTypeField(Fields& fields, std::string_view what, const Lines& lines) {
  const std::string_view name = fields.Word(what);
  const std::optional<DType> dtype = ParseDType(name);
  if (!dtype) lines.Fail("unknown {} \"{}\"", what, name);
  return *dtype;
}

OpEvent ParseOp(Fields& fields, const Lines& lines) {
  OpEvent event;
  OpRecord& op = event.op;
  op.kind = FromName(fields.Word("the op"), OpKind::kImport, "op", lines);
  op.weight = DTypeField(fields, "weight type", lines);
  op.input = DTypeField(fields, "input type", lines);
  op.rows = fields.Count("rows");
  op.inner = fields.Count("inner");
  op.outer = fields.Count("outer");
  op.context = fields.Count("context");
  op.bytes = fields.Count("bytes");
  op.operations = fields.Count("operations");
  // Records of earlier versions do not say which matrix it is.
  if (fields.AtWord()) {
    op.role = FromName(fields.Word("the role"), MatrixRole::kEmbedding, "role", lines);
    op.whole = fields.Count("elements of the whole matrix");
  }
  event.start = fields.Time("start");
  op.seconds = fields.Time("seconds");
  return event;
}

template <typename TransferEvent>
TransferEvent ParseTransfer(Fields& fields) {
  TransferEvent event;
  event.peer = fields.Peer();
  event.channel = fields.Channel();
  event.header_bytes = fields.Count("header bytes");
  event.payload_bytes = fields.Count("payload bytes");
  event.start = fields.Time("start");
  event.seconds = fields.Time("seconds");
  return event;
}

MarkEvent ParseMark(Fields& fields, const Lines& lines) {
  MarkEvent event;
  event.kind = FromName(fields.Word("the mark"), MarkKind::kStepBatch, "mark", lines);
  event.index = fields.Count("index");
  event.start = fields.Time("start");
  return event;
}

Event ParseEvent(const Json& line, const Lines& lines) {
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
    lines.Fail("unknown event \"{}\", expected op, send, receive or mark", kind);
  }
  fields.End();
  return event;
}

// A whole number of an object, in [0, most].
std::int64_t Member(const Json& object, const char* name, std::int64_t most, const Lines& lines) {
  if (!object.is_object() || !object.contains(name))
    lines.Fail("expected an object with \"{}\"", name);
  const Json& value = object[name];
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0 ||
      value.get<std::int64_t>() > most) {
    lines.Fail("\"{}\" is {}, expected a whole number from 0 to {}", name, value.dump(), most);
  }
  return value.get<std::int64_t>();
}

RankRecord ParseRank(Lines& lines, std::int64_t text_bytes) {
  const Json head = lines.Next("a rank");
  RankRecord record;
  record.rank = static_cast<int>(Member(head, "rank", kMostRanks, lines));
  // Every event takes a line, so no count above the size of the text can be true.
  const std::int64_t events = Member(head, "events", text_bytes, lines);
  record.events.reserve(static_cast<std::size_t>(std::min<std::int64_t>(events, 1 << 20)));
  for (std::int64_t i = 0; i < events; ++i) {
    record.events.push_back(ParseEvent(lines.Next("an event"), lines));
  }
  return record;
}

void CheckPeers(const RankRecord& record, std::int64_t ranks, const std::string& path) {
  const auto check = [&](int peer) {
    if (peer >= ranks || peer == record.rank) {
      FailUser("{}: rank {} exchanges a message with rank {} of {}", path, record.rank, peer,
               ranks);
    }
  };
  for (const Event& event : record.events) {
    if (const auto* send = std::get_if<SendEvent>(&event)) check(send->peer);
    if (const auto* receive = std::get_if<ReceiveEvent>(&event)) check(receive->peer);
  }
}

RunRecord ParseRun(std::string_view text, const std::string& path) {
  const auto size = static_cast<std::int64_t>(text.size());
  Lines lines(text, path);
  const Json head = lines.Next("the first line of a record");
  const std::int64_t version = Member(head, "jupiter_record", kMostRanks, lines);
  if (version != kVersion) lines.Fail("record version {}, expected {}", version, kVersion);
  const std::int64_t ranks = Member(head, "ranks", kMostRanks, lines);
  RunRecord run;
  if (!head.contains("description") || !head["description"].is_string()) {
    lines.Fail("expected a \"description\"");
  }
  run.description = head["description"].get<std::string>();
  for (std::int64_t rank = 0; rank < ranks; ++rank) {
    run.ranks.push_back(ParseRank(lines, size));
    if (run.ranks.back().rank != rank) {
      FailUser("{}: rank {} stands where rank {} should", path, run.ranks.back().rank, rank);
    }
    CheckPeers(run.ranks.back(), ranks, path);
  }
  if (!lines.AtEnd()) FailUser("{}: more lines than the {} ranks have", path, ranks);
  return run;
}

}  // namespace

RankRecord ParseRankRecord(std::string_view text, const std::string& source) {
  Lines lines(text, source);
  RankRecord record = ParseRank(lines, static_cast<std::int64_t>(text.size()));
  if (!lines.AtEnd()) FailUser("{}: more events than its first line says", source);
  return record;
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
  return ParseRun(text, path);
}

}  // namespace jupiter

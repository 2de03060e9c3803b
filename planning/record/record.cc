#include "planning/record/record.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "kernels/base/check.h"
#include "planning/text/json_text.h"

namespace jupiter {
namespace {

using RecordText = fmt::memory_buffer;

// Absent when there are none, so that the records of the recording device are the same on every
// run.
void AppendTimes(RecordText& text, double start, double seconds) {
  if (start != 0 || seconds != 0) {
    fmt::format_to(std::back_inserter(text), ",{},{}", start, seconds);
  }
  fmt::format_to(std::back_inserter(text), "]\n");
}

void Append(RecordText& text, const OpEvent& event) {
  const OpCall& op = event.op;
  fmt::format_to(std::back_inserter(text), "[\"op\",\"{}\",\"{}\",\"{}\",{},{},{},{},{},{}",
                 Name(op.kind), Name(op.weight), Name(op.input), op.rows, op.inner, op.outer,
                 op.context, op.bytes, op.operations);
  if (op.role != MatrixRole::kNone) {
    fmt::format_to(std::back_inserter(text), ",\"{}\",{}", Name(op.role), op.whole);
  }
  AppendTimes(text, event.start, op.seconds);
}

void Append(RecordText& text, const SendEvent& event) {
  fmt::format_to(std::back_inserter(text), "[\"send\",{},{},{},{}", event.peer, event.channel,
                 event.header_bytes, event.payload_bytes);
  AppendTimes(text, event.start, event.seconds);
}

void Append(RecordText& text, const ReceiveEvent& event) {
  fmt::format_to(std::back_inserter(text), "[\"receive\",{},{},{},{}", event.peer, event.channel,
                 event.header_bytes, event.payload_bytes);
  AppendTimes(text, event.start, event.seconds);
}

void Append(RecordText& text, const MarkEvent& event) {
  fmt::format_to(std::back_inserter(text), "[\"mark\",\"{}\",{}", Name(event.kind), event.index);
  if (NamesSteps(event.kind)) {
    fmt::format_to(std::back_inserter(text), ",[");
    for (const SequenceStep& step : event.steps) {
      fmt::format_to(std::back_inserter(text), "{}[{},{},{}]",
                     &step == event.steps.data() ? "" : ",", step.sequence, step.step, step.count);
    }
    fmt::format_to(std::back_inserter(text), "]");
  }
  if (event.start != 0) fmt::format_to(std::back_inserter(text), ",{}", event.start);
  fmt::format_to(std::back_inserter(text), "]\n");
}

}  // namespace

std::string_view Name(MarkKind kind) {
  switch (kind) {
    case MarkKind::kStart: return "start";
    case MarkKind::kFirstToken: return "first_token";
    case MarkKind::kToken: return "token";
    case MarkKind::kEnd: return "end";
    case MarkKind::kPromptBatch: return "prompt_batch";
    case MarkKind::kStepBatch: return "step_batch";
  }
  JUPITER_FAIL("mark {}", static_cast<int>(kind));
}

bool NamesSteps(MarkKind kind) { return kind != MarkKind::kStart && kind != MarkKind::kEnd; }

std::string ToText(const RankRecord& record) {
  RecordText text;
  fmt::format_to(std::back_inserter(text), "{{\"rank\":{},\"events\":{}}}\n", record.rank,
                 record.events.size());
  for (const Event& event : record.events) {
    std::visit([&](const auto& value) { Append(text, value); }, event);
  }
  return fmt::to_string(text);
}

std::string WhereIs(const RunRecord& record, int rank, std::int64_t event) {
  if (record.source.empty()) return "";
  return fmt::format("{}: line {}: ", record.source,
                     record.ranks[static_cast<std::size_t>(rank)].line + 1 + event);
}

std::string ToText(const RunRecord& record) {
  const nlohmann::json description = record.description;
  std::string text = fmt::format("{{\"jupiter_record\":{},\"ranks\":{},\"description\":{}}}\n",
                                 kRecordVersion, record.ranks.size(), DumpJson(description));
  for (const RankRecord& rank : record.ranks) text += ToText(rank);
  return text;
}

void SaveRecord(const RunRecord& record, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  if (!file) FailUser("{}: cannot write the record here; check that the folder exists", path);
  file << ToText(record);
  file.flush();
  if (!file) FailUser("{}: writing the record failed; is the disk full?", path);
}

}  // namespace jupiter

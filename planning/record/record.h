// Recorded runs as plain data, and their file.
//
// The file is JSON lines, one object per line: first {"jupiter_record": 2, "ranks": N, ...}, then
// per rank its events in program order. Replay needs kinds, shapes, peers and bytes only; times of
// a real run are seconds since the start of that rank's record and are absent from recordings of
// the `recording` device.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernels/base/op_call.h"

namespace jupiter {

// Of the file; files of other versions are refused.
inline constexpr int kRecordVersion = 2;

// Channels of a record, by what travels on them: batches with hidden rows, and tokens back; pieces
// of collectives; rows that a rank brings to the head, in f32 whatever the wire type is.
inline constexpr int kBatchChannel = 1;
inline constexpr int kCollectiveChannel = 2;
inline constexpr int kHeadRowChannel = 3;

enum class MarkKind : std::uint8_t {
  kStart,       // a set of requests begins
  kFirstToken,  // of their answers, known at the source
  kToken,       // index = tokens of all answers so far
  kEnd,
  // The rank takes up a batch, index = its rows: rows of prompts, or of decoding steps.
  kPromptBatch,
  kStepBatch,
};
std::string_view Name(MarkKind kind);
// Whether such marks name steps.
bool NamesSteps(MarkKind kind);

// A part of one sequence's work. Sequences are numbered anew in every set of requests: shared
// prefixes first, then the requests.
struct SequenceStep {
  std::int32_t sequence = 0;
  std::int64_t step = 0;   // 0: its prompt; then its decoding steps, from 1
  std::int64_t count = 0;  // rows that it has in a batch, or tokens that it gave
  bool operator==(const SequenceStep&) const = default;
};

struct OpEvent {
  OpCall op;
  double start = 0;
};
struct SendEvent {
  int peer = 0;
  int channel = 0;  // messages of one pair and channel arrive in order
  std::int64_t header_bytes = 0;
  std::int64_t payload_bytes = 0;
  double start = 0;
  double seconds = 0;
};
struct ReceiveEvent {
  int peer = 0;
  int channel = 0;
  std::int64_t header_bytes = 0;
  std::int64_t payload_bytes = 0;
  double start = 0;
  double seconds = 0;  // waited
};
struct MarkEvent {
  MarkKind kind = MarkKind::kStart;
  std::int64_t index = 0;
  double start = 0;
  // Of a batch: what it is made of. Of tokens: the one step that gave them.
  std::vector<SequenceStep> steps = {};
};
using Event = std::variant<OpEvent, SendEvent, ReceiveEvent, MarkEvent>;

struct RankRecord {
  int rank = 0;
  std::vector<Event> events;
  std::int64_t line = 0;  // of its head in the file it was read from; 0: of none
};

struct RunRecord {
  std::string description;        // one line: model, strategy, workload
  std::vector<RankRecord> ranks;  // by rank
  std::string source = {};        // the file it was read from; empty: none
};

// "FILE: line L: " of an event (from 0; -1: the head) of a rank, for errors; empty for a record of
// no file.
std::string WhereIs(const RunRecord& record, int rank, std::int64_t event);

// As text (JSON lines), of one rank and of the whole file; the same for the same events.
// record_parse.h has the way back.
std::string ToText(const RankRecord& record);
std::string ToText(const RunRecord& record);
void SaveRecord(const RunRecord& record, const std::string& path);

}  // namespace jupiter

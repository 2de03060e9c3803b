#include "parallel/transport/recorder.h"

#include <cmath>
#include <utility>

namespace jupiter {
namespace {

// Whole nanoseconds: finer digits are noise, and would double the size of the file.
double ToNanoseconds(double seconds) { return std::round(seconds * 1e9) / 1e9; }

}  // namespace

double Recorder::Since(double start) const { return timed_ ? ToNanoseconds(start - origin_) : 0; }

double Recorder::Length(double seconds) const { return timed_ ? ToNanoseconds(seconds) : 0; }

template <typename TransferEvent>
TransferEvent Recorder::Timed(TransferEvent event) const {
  event.start = Since(event.start);
  event.seconds = Length(event.seconds);
  return event;
}

void Recorder::OnOp(const OpCall& op, double start) {
  OpEvent event{op, Since(start)};
  event.op.seconds = Length(op.seconds);
  record_.events.emplace_back(event);
}

void Recorder::OnSend(SendEvent event) { record_.events.emplace_back(Timed(event)); }

void Recorder::OnReceive(ReceiveEvent event) { record_.events.emplace_back(Timed(event)); }

void Recorder::Mark(MarkKind kind, std::int64_t index, double start,
                    std::vector<SequenceStep> steps) {
  record_.events.emplace_back(MarkEvent{kind, index, Since(start), std::move(steps)});
}

RankRecord Recorder::Take() {
  RankRecord taken = std::move(record_);
  record_ = {};
  record_.rank = taken.rank;
  return taken;
}

}  // namespace jupiter

#include "planning/record/record_marks.h"

#include <vector>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// The marks of the source, in order, as they must come: start, first token, tokens, end.
class MarkOrder {
 public:
  explicit MarkOrder(const RunRecord& record) : record_(record) {}

  void Take(const MarkEvent& mark, std::int64_t event) {
    if (mark.kind == MarkKind::kPromptBatch || mark.kind == MarkKind::kStepBatch) return;
    const std::string_view expected = Expected(mark.kind);
    if (!expected.empty()) {
      FailUser("{}the mark {} of rank 0, expected {}", WhereIs(record_, 0, event), Name(mark.kind),
               expected);
    }
    const bool is_token = mark.kind == MarkKind::kFirstToken || mark.kind == MarkKind::kToken;
    if (is_token && mark.index <= tokens_) {
      FailUser("{}the mark {} of rank 0 is at {} tokens, expected more than the {} before",
               WhereIs(record_, 0, event), Name(mark.kind), mark.index, tokens_);
    }
    if (is_token) tokens_ = mark.index;
    last_ = mark.kind;
    any_ = true;
  }

  void End(std::int64_t events) const {
    if (any_ && last_ == MarkKind::kEnd) return;
    FailUser("{}the events of rank 0 end without the mark {}; record the run again",
             WhereIs(record_, 0, events - 1), Name(Next()));
  }

 private:
  // The mark that must come at last.
  MarkKind Next() const {
    if (!any_) return MarkKind::kStart;
    return last_ == MarkKind::kStart ? MarkKind::kFirstToken : MarkKind::kEnd;
  }
  // What should be in the place of this mark; empty when it is right.
  std::string_view Expected(MarkKind kind) const {
    if (!any_) return kind == MarkKind::kStart ? "" : "start before";
    switch (last_) {
      case MarkKind::kStart: return kind == MarkKind::kFirstToken ? "" : "first_token";
      case MarkKind::kEnd: return "none after end";
      default: break;
    }
    return kind == MarkKind::kToken || kind == MarkKind::kEnd ? "" : "token or end";
  }

  const RunRecord& record_;
  bool any_ = false;
  MarkKind last_ = MarkKind::kStart;
  std::int64_t tokens_ = 0;
};

}  // namespace

void CheckMarks(const RunRecord& record) {
  JUPITER_CHECK(!record.ranks.empty());
  const std::vector<Event>& events = record.ranks.front().events;
  MarkOrder order(record);
  std::int64_t place = 0;
  for (const Event& event : events) {
    if (const auto* mark = std::get_if<MarkEvent>(&event)) order.Take(*mark, place);
    ++place;
  }
  order.End(place);
}

}  // namespace jupiter

#include "planning/record/record_marks.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

bool IsBatch(MarkKind kind) {
  return kind == MarkKind::kPromptBatch || kind == MarkKind::kStepBatch;
}

// The marks of the source, in order, as they must come: start, first token, tokens, end; batches
// anywhere, but before the tokens that they give.
class MarkOrder {
 public:
  explicit MarkOrder(const RunRecord& record) : record_(record) {}

  void Take(const MarkEvent& mark, std::int64_t event) {
    if (IsBatch(mark.kind)) return TakeBatch(mark, event);
    const std::string_view expected = Expected(mark.kind);
    if (!expected.empty()) Fail(mark, event, ", expected {}", expected);
    if (NamesSteps(mark.kind)) TakeTokens(mark, event);
    last_ = mark.kind;
    any_ = true;
  }

  void End(std::int64_t events) const {
    if (any_ && last_ == MarkKind::kEnd) return;
    FailUser("{}the events of rank 0 end without the mark {}; record the run again",
             WhereIs(record_, 0, events - 1), Name(Next()));
  }

 private:
  template <typename... Args>
  [[noreturn]] void Fail(const MarkEvent& mark, std::int64_t event,
                         fmt::format_string<Args...> format, Args&&... args) const {
    FailUser("{}the mark {} of rank 0{}", WhereIs(record_, 0, event), Name(mark.kind),
             fmt::format(format, std::forward<Args>(args)...));
  }

  void TakeBatch(const MarkEvent& mark, std::int64_t event) {
    std::int64_t rows = 0;
    for (const SequenceStep& step : mark.steps) {
      const bool is_prompt = step.step == 0;
      if (is_prompt != (mark.kind == MarkKind::kPromptBatch)) {
        Fail(mark, event, " has step {} of sequence {}, expected {}", step.step, step.sequence,
             is_prompt ? "decoding steps, from 1" : "prompts, step 0");
      }
      rows = std::min(rows + step.count, mark.index + 1);  // never too large to add to
      begun_.emplace(step.sequence, step.step);
    }
    if (rows != mark.index) {
      Fail(mark, event, " has {} rows, expected those of its steps together", mark.index);
    }
  }

  void TakeTokens(const MarkEvent& mark, std::int64_t event) {
    if (mark.index <= tokens_) {
      Fail(mark, event, " is at {} tokens, expected more than the {} before", mark.index, tokens_);
    }
    if (mark.steps.size() != 1) {
      Fail(mark, event, " names {} steps, expected the one that gave the tokens",
           mark.steps.size());
    }
    const SequenceStep& step = mark.steps.front();
    if (step.count != mark.index - tokens_) {
      Fail(mark, event, " is at {} tokens, expected the {} before and {} of its step", mark.index,
           tokens_, step.count);
    }
    if (begun_.erase({step.sequence, step.step}) == 0) {
      Fail(mark, event,
           " has tokens of step {} of sequence {}, expected of a step that was taken "
           "up before and has given none",
           step.step, step.sequence);
    }
    tokens_ = mark.index;
  }

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
  std::set<std::pair<std::int32_t, std::int64_t>> begun_;  // sequence and step, without tokens yet
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

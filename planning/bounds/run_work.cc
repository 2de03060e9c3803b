#include "planning/bounds/run_work.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// One set, from its marks in order.
class SetReader {
 public:
  void Take(const MarkEvent& mark) {
    for (const SequenceStep& part : mark.steps) {
      Sequence& sequence = sequences_[part.sequence];
      switch (mark.kind) {
        case MarkKind::kPromptBatch: sequence.request.prompt += part.count; break;
        case MarkKind::kStepBatch: Begin(sequence, part); break;
        case MarkKind::kFirstToken:
        case MarkKind::kToken: Judge(sequence, part); break;
        case MarkKind::kStart:
        case MarkKind::kEnd: break;
      }
    }
  }

  // Sequences that give no token are prefixes.
  SetWork Finish() {
    SetWork set;
    for (const auto& [number, sequence] : sequences_) {
      if (sequence.answers) continue;
      JUPITER_CHECK(set.prefix == 0, "two prefixes in one set");
      set.prefix = sequence.request.prompt;
    }
    for (auto& [number, sequence] : sequences_) {
      if (!sequence.answers) continue;
      RequestWork& request = sequence.request;
      request.before = set.prefix;
      std::int64_t known = set.prefix + request.prompt;
      for (StepWork& step : request.steps) {
        step.before = known;
        known += step.tokens;
      }
      set.requests.push_back(std::move(request));
    }
    return set;
  }

 private:
  struct Sequence {
    RequestWork request;
    bool answers = false;
    std::size_t judged = 0;  // steps up to the last one that gave tokens
  };

  void Begin(Sequence& sequence, const SequenceStep& part) {
    RequestWork& request = sequence.request;
    const auto number = static_cast<std::size_t>(part.step);
    JUPITER_CHECK(number == request.steps.size() + 1, "step {} begins behind {}", number,
                  request.steps.size());
    request.runs_ahead |= sequence.judged + 1 < number;
    request.steps.push_back({.rows = part.count});
  }

  void Judge(Sequence& sequence, const SequenceStep& part) {
    sequence.answers = true;
    if (part.step == 0) return;  // by the prompt
    const auto number = static_cast<std::size_t>(part.step);
    JUPITER_CHECK(number <= sequence.request.steps.size(), "step {} did not begin", number);
    sequence.request.steps[number - 1].tokens += part.count;
    sequence.judged = number;
  }

  std::map<std::int32_t, Sequence> sequences_;
};

}  // namespace

double StepsSeconds(const RequestWork& request,
                    const std::function<double(const StepWork&)>& seconds_of) {
  double all = 0, shortest = std::numeric_limits<double>::infinity();
  int wrong_guesses = 0;
  bool behind_wrong = false;
  for (const StepWork& step : request.steps) {
    const double seconds = seconds_of(step);
    all += seconds;
    shortest = std::min(shortest, seconds);
    wrong_guesses += step.tokens == 0 && !behind_wrong;
    behind_wrong = step.tokens == 0;
  }
  if (!request.runs_ahead) return all;
  return wrong_guesses == 0 ? 0 : wrong_guesses * shortest;
}

std::vector<SetWork> WorkOf(const RunRecord& record) {
  JUPITER_CHECK(!record.ranks.empty());
  std::vector<SetReader> sets;
  for (const Event& event : record.ranks.front().events) {
    const auto* mark = std::get_if<MarkEvent>(&event);
    if (mark == nullptr) continue;
    if (mark->kind == MarkKind::kStart) sets.emplace_back();
    JUPITER_CHECK(!sets.empty(), "a record that does not start with a request");
    sets.back().Take(*mark);
  }
  JUPITER_CHECK(!sets.empty(), "a record without the marks of a source");
  std::vector<SetWork> work;
  for (SetReader& set : sets) work.push_back(set.Finish());
  return work;
}

}  // namespace jupiter

#include "bench/paper/policy_times.h"

#include <algorithm>
#include <map>
#include <utility>

#include "bench/report/metrics.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

using Marks = std::vector<MarkTime>;

bool IsToken(const MarkTime& mark) {
  return mark.kind == MarkKind::kFirstToken || mark.kind == MarkKind::kToken;
}

// The source's marks, a list for every set of requests.
std::vector<Marks> BySet(const Marks& marks) {
  std::vector<Marks> sets;
  for (const MarkTime& mark : marks) {
    if (mark.kind == MarkKind::kStart) sets.emplace_back();
    JUPITER_CHECK(!sets.empty(), "a record that does not start with a request");
    sets.back().push_back(mark);
  }
  return sets;
}

// A step of a request, from when its batch left until its tokens were known.
struct TimedStep {
  std::size_t request = 0;
  std::int64_t number = 0;  // of the request's steps, from 1
  double begin = 0;
  double end = -1;
  std::int64_t tokens = 0;
  std::size_t batch = 0;     // of the set
  std::size_t previous = 0;  // of the request, among all steps; with a number above 1
};

// The steps of a set's requests, in the order in which they left.
class StepList {
 public:
  explicit StepList(const ShapeSet& set)
      : prefixes_(set.prefix > 0 ? 1 : 0), requests_(set.requests.size()) {}

  void Take(const MarkTime& mark) {
    if (mark.kind == MarkKind::kStepBatch) {
      for (const SequenceStep& step : mark.steps) Begin(step, mark.time);
      ++batches_;
    }
    if (!IsToken(mark)) return;
    JUPITER_CHECK(mark.steps.size() == 1, "tokens of {} steps", mark.steps.size());
    const SequenceStep& given = mark.steps.front();
    if (given.step == 0) return;  // by the prompt
    TimedStep& step = steps_.at(Find(given.sequence, given.step));
    step.end = mark.time;
    step.tokens = given.count;
  }

  std::vector<TimedStep> Finish() {
    for (const TimedStep& step : steps_) {
      JUPITER_CHECK(step.end >= 0, "step {} of request {} has no verdict", step.number,
                    step.request);
    }
    return std::move(steps_);
  }

 private:
  void Begin(const SequenceStep& begun, double time) {
    TimedStep step{.number = begun.step, .begin = time, .batch = batches_};
    step.request = static_cast<std::size_t>(begun.sequence) - prefixes_;
    JUPITER_CHECK(step.request < requests_, "sequence {} of {} requests", begun.sequence,
                  requests_);
    if (begun.step > 1) step.previous = Find(begun.sequence, begun.step - 1);
    places_[{begun.sequence, begun.step}] = steps_.size();
    steps_.push_back(step);
  }

  std::size_t Find(std::int32_t sequence, std::int64_t step) const {
    const auto found = places_.find({sequence, step});
    JUPITER_CHECK(found != places_.end(), "step {} of sequence {} did not begin", step, sequence);
    return found->second;
  }

  std::size_t prefixes_;
  std::size_t requests_;
  std::vector<TimedStep> steps_;
  std::map<std::pair<std::int32_t, std::int64_t>, std::size_t> places_;  // by sequence and step
  std::size_t batches_ = 0;
};

std::vector<TimedStep> StepsOf(const Marks& marks, const ShapeSet& set) {
  StepList steps(set);
  for (const MarkTime& mark : marks) steps.Take(mark);
  return steps.Finish();
}

// Steps until the first request is through, that one included: until then all of them decode.
std::size_t StepsOfAll(const std::vector<TimedStep>& steps,
                       const std::vector<ShapeRequest>& requests) {
  std::vector<std::int64_t> tokens(requests.size(), 1);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::size_t request = steps[i].request;
    tokens[request] += steps[i].tokens;
    if (tokens[request] >= requests[request].tokens) return i + 1;
  }
  return steps.size();
}

// The first step before `last` from which on the time since the one before is looked at: the third
// of a request, as the first steps leave while prompts are on their way; or the second, if no
// request has more. `last` if there is none.
std::size_t FirstOfRounds(const std::vector<TimedStep>& steps, std::size_t last) {
  for (std::int64_t number : {3, 2}) {
    for (std::size_t i = 0; i < last; ++i) {
      if (steps[i].number >= number) return i;
    }
  }
  return last;
}

double ComputedIn(const RankReplay& rank, double begin, double end) {
  double seconds = 0;
  for (const Activity& span : rank.activities) {
    if (span.kind != Activity::Kind::kCompute) continue;
    seconds += std::max(0.0, std::min(span.end, end) - std::max(span.begin, begin));
  }
  return seconds;
}

RoundFacts RoundOf(const std::vector<TimedStep>& steps, const std::vector<ShapeRequest>& requests,
                   const Plan& plan, const Replay& replay) {
  RoundFacts facts;
  std::size_t last = StepsOfAll(steps, requests);
  // Batches are counted whole.
  while (last < steps.size() && steps[last].batch == steps[last - 1].batch) ++last;
  const std::size_t first = FirstOfRounds(steps, last);
  std::vector<double> rounds;
  for (std::size_t i = first; i < last; ++i) {
    if (steps[i].number > 1) rounds.push_back(steps[i].begin - steps[steps[i].previous].begin);
  }
  facts.seconds = Quantile(rounds, 0.5);
  if (rounds.empty()) return facts;
  const std::size_t round_before = steps[first].previous;
  facts.first_batch = steps[round_before].batch;
  facts.batches = steps[last - 1].batch + 1 - facts.first_batch;
  facts.items = static_cast<double>(last - round_before) / static_cast<double>(facts.batches);
  const double begin = steps[first - 1].begin;
  const double end = steps[last - 1].begin;
  if (end <= begin) return facts;
  for (const TimedStep& step : steps) {
    const double overlap = std::min(step.end, end) - std::max(step.begin, begin);
    facts.in_flight += std::max(0.0, overlap) / (end - begin);
  }
  const std::vector<int> stages = PipelineRanks(plan);
  for (int stage : stages) {
    facts.utilisation += ComputedIn(replay.ranks[static_cast<std::size_t>(stage)], begin, end) /
                         (end - begin) / static_cast<double>(stages.size());
  }
  return facts;
}

// See PolicyTimes; `marks` of the answer's set.
double SettledPerToken(const Marks& marks) {
  double settled = 0, end = 0;
  for (const MarkTime& mark : marks) {
    if (!IsToken(mark)) continue;
    if (mark.steps.front().step == 0) settled = mark.time;  // by the prompt
    end = mark.time;
  }
  std::int64_t tokens = 0;
  for (const MarkTime& mark : marks) {
    if (IsToken(mark) && mark.time > settled) tokens += mark.steps.front().count;
  }
  return tokens == 0 ? 0 : (end - settled) / static_cast<double>(tokens);
}

}  // namespace

PolicyTimes TimesOf(const ShapeRun& run, const Plan& plan, const Replay& replay) {
  const std::vector<Marks> sets = BySet(replay.ranks.front().marks);
  JUPITER_CHECK(sets.size() == run.sets.size(), "{} sets of {}", sets.size(), run.sets.size());
  PolicyTimes times;
  const Marks& answer = sets.back();
  for (const MarkTime& mark : answer) {
    if (IsToken(mark)) times.stamps.push_back(mark.time);
  }
  JUPITER_CHECK(!times.stamps.empty(), "an answer without tokens");
  times.ttft = times.stamps.front();
  times.e2e = times.stamps.back();
  if (sets.size() > 1) times.skeleton = answer.front().time;
  const ShapeSet& set = run.sets.back();
  if (set.requests.size() > 1) times.settled = SettledPerToken(answer);
  times.round = RoundOf(StepsOf(answer, set), set.requests, plan, replay);
  for (std::size_t set = 0; set + 1 < sets.size(); ++set) {
    times.round.first_batch += static_cast<std::size_t>(
        std::count_if(sets[set].begin(), sets[set].end(),
                      [](const MarkTime& mark) { return mark.kind == MarkKind::kStepBatch; }));
  }
  return times;
}

}  // namespace jupiter

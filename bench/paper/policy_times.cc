#include "bench/paper/policy_times.h"

#include <algorithm>
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

// A step of a request, from when its batch left until its tokens were known. Verdicts come in the
// order of batches, and every step yields a token.
struct TimedStep {
  double begin = 0;
  double end = -1;
  std::int64_t tokens = 0;
  std::size_t batch = 0;  // of the set
};

std::vector<TimedStep> StepsOf(const Marks& marks, int prompts, int step_rows) {
  std::vector<TimedStep> steps;
  std::size_t batch = 0;
  std::size_t judged = 0;
  std::int64_t tokens = 0;
  for (const MarkTime& mark : marks) {
    if (mark.kind == MarkKind::kStepBatch) {
      steps.insert(steps.end(), static_cast<std::size_t>(mark.index / step_rows),
                   {mark.time, -1, 0, batch++});
    }
    if (!IsToken(mark)) continue;
    const std::int64_t fresh = mark.index - std::exchange(tokens, mark.index);
    // Prompts leave before any step.
    if (prompts > 0) {
      --prompts;
      continue;
    }
    JUPITER_CHECK(judged < steps.size(), "more verdicts than {} steps", steps.size());
    steps[judged].end = mark.time;
    steps[judged++].tokens = fresh;
  }
  JUPITER_CHECK(judged == steps.size(), "{} of {} steps have a verdict", judged, steps.size());
  return steps;
}

// Steps until the first request is through, that one included: until then requests take turns.
std::size_t StepsOfAll(const std::vector<TimedStep>& steps,
                       const std::vector<ShapeRequest>& requests) {
  std::vector<std::int64_t> tokens(requests.size(), 1);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::size_t request = i % requests.size();
    tokens[request] += steps[i].tokens;
    if (tokens[request] >= requests[request].tokens) return i + 1;
  }
  return steps.size();
}

double ComputedIn(const RankReplay& rank, double begin, double end) {
  double seconds = 0;
  for (const Span& span : rank.spans) {
    if (span.kind != Span::Kind::kCompute) continue;
    seconds += std::max(0.0, std::min(span.end, end) - std::max(span.begin, begin));
  }
  return seconds;
}

RoundFacts RoundOf(const std::vector<TimedStep>& steps, const std::vector<ShapeRequest>& requests,
                   const Plan& plan, const Replay& replay) {
  RoundFacts facts;
  const std::size_t each = requests.size();
  std::size_t last = StepsOfAll(steps, requests);
  // Batches are counted whole.
  while (last < steps.size() && steps[last].batch == steps[last - 1].batch) ++last;
  // The first steps leave while prompts are on their way.
  const std::size_t first = last > 2 * each ? 2 * each : each;
  std::vector<double> rounds;
  for (std::size_t i = first; i < last; ++i) {
    rounds.push_back(steps[i].begin - steps[i - each].begin);
  }
  facts.seconds = Quantile(rounds, 0.5);
  if (rounds.empty()) return facts;
  facts.first_batch = steps[first - each].batch;
  facts.batches = steps[last - 1].batch + 1 - facts.first_batch;
  facts.items = static_cast<double>(last - (first - each)) / static_cast<double>(facts.batches);
  const double begin = steps[first - 1].begin;
  const double end = steps[last - 1].begin;
  if (end <= begin) return facts;
  for (const TimedStep& step : steps) {
    const double under_way = std::min(step.end, end) - std::max(step.begin, begin);
    facts.in_flight += std::max(0.0, under_way) / (end - begin);
  }
  const std::vector<int> stages = PipelineRanks(plan);
  for (int stage : stages) {
    facts.utilisation += ComputedIn(replay.ranks[static_cast<std::size_t>(stage)], begin, end) /
                         (end - begin) / static_cast<double>(stages.size());
  }
  return facts;
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
  const std::vector<ShapeRequest>& requests = run.sets.back().requests;
  const int step_rows = run.drafts ? run.drafts->tree.rows() : 1;
  times.round = RoundOf(StepsOf(answer, static_cast<int>(requests.size()), step_rows), requests,
                        plan, replay);
  for (std::size_t set = 0; set + 1 < sets.size(); ++set) {
    times.round.first_batch += static_cast<std::size_t>(
        std::count_if(sets[set].begin(), sets[set].end(),
                      [](const MarkTime& mark) { return mark.kind == MarkKind::kStepBatch; }));
  }
  return times;
}

}  // namespace jupiter

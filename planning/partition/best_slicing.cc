#include "planning/partition/best_slicing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "kernels/base/check.h"
#include "planning/plan/slices.h"

namespace jupiter {

namespace {

bool IsTooLong(const SequenceProblem& problem, const std::vector<int>& lengths) {
  return problem.most && *std::max_element(lengths.begin(), lengths.end()) > *problem.most;
}

}  // namespace

std::vector<std::vector<int>> EqualSlicings(int tokens, int least, int most) {
  JUPITER_CHECK(tokens > 0 && least > 0 && most > 0);
  std::vector<std::vector<int>> slicings;
  SlicePolicy policy;
  policy.kind = SlicePolicy::Kind::kCount;
  const int counts = std::clamp(tokens / least, 1, most);
  for (policy.count = 1; policy.count <= counts; ++policy.count) {
    slicings.push_back(CutPrompt(policy, tokens, 1));
  }
  return slicings;
}

std::vector<std::vector<double>> Completions(const PipelineTimes& times) {
  const std::size_t stages = times.delay.size();
  std::vector<std::vector<double>> completions;
  std::vector<double> free(stages, 0.0);  // when each stage is done with the slice before
  for (const std::vector<double>& slice : times.seconds) {
    JUPITER_CHECK(slice.size() == stages, "{} times for {} stages", slice.size(), stages);
    double arrival = 0;
    for (std::size_t s = 0; s < stages; ++s) {
      arrival = std::max(free[s], arrival + times.delay[s]) + slice[s];
      free[s] = arrival;
    }
    completions.push_back(free);
  }
  return completions;
}

std::vector<int> BestSlicing(const SequenceProblem& problem,
                             const std::function<double(const std::vector<int>&)>& predict) {
  std::vector<std::vector<int>> candidates =
      EqualSlicings(problem.tokens, problem.least, problem.tokens);
  candidates.push_back(PartitionSequence(problem).lengths);
  candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                  [&](const std::vector<int>& lengths) {
                                    return lengths.empty() || IsTooLong(problem, lengths);
                                  }),
                   candidates.end());
  // Fewer slices first, equal ones before unequal ones; later ones replace them only when they are
  // faster.
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const auto& a, const auto& b) { return a.size() < b.size(); });
  std::vector<int> best;
  double least = std::numeric_limits<double>::infinity();
  for (std::vector<int>& candidate : candidates) {
    const double seconds = predict(candidate);
    JUPITER_CHECK(std::isfinite(seconds), "{} slices: {} s", candidate.size(), seconds);
    if (seconds >= least) continue;
    least = seconds;
    best = std::move(candidate);
  }
  return best;
}

}  // namespace jupiter

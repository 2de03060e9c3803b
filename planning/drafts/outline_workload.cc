#include "planning/drafts/outline_workload.h"

#include <algorithm>
#include <numeric>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "planning/plan/shares.h"

namespace jupiter {
namespace {

// A number per point; only their proportions count.
std::vector<double> Weights(const OutlineWorkload& workload, std::uint64_t draw) {
  std::vector<double> weights(static_cast<std::size_t>(workload.points), 1.0);
  if (workload.law != LengthLaw::kUniform) return weights;
  const CounterRng rng(workload.seed);
  const std::uint64_t first = draw * weights.size();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = workload.shortest + (workload.longest - workload.shortest) *
                                         static_cast<double>(rng.Uniform(first + i));
  }
  return weights;
}

// Points that rounding left without a token take one of the longest.
void FillEmpty(std::vector<int>& lengths) {
  for (int& length : lengths) {
    if (length > 0) continue;
    --*std::max_element(lengths.begin(), lengths.end());
    length = 1;
  }
}

std::vector<int> GivenLengths(const OutlineWorkload& workload, int answer_tokens) {
  const std::vector<int>& lengths = workload.lengths;
  const int sum = std::accumulate(lengths.begin(), lengths.end(), 0);
  if (sum != answer_tokens) {
    FailUser(
        "outline workload {}: the lengths of its points add up to {}, but the answer has {} "
        "tokens; "
        "give lengths with this sum, or the law equal or uniform",
        workload.name, sum, answer_tokens);
  }
  return lengths;
}

}  // namespace

int SkeletonTokens(const OutlineWorkload& workload) {
  return workload.points * workload.skeleton_tokens_per_point;
}

int SkeletonPromptRows(const OutlineWorkload& workload, int question_tokens) {
  return question_tokens + workload.skeleton_prompt_tokens;
}

int SharedPrefixRows(const OutlineWorkload& workload, int question_tokens) {
  return question_tokens + SkeletonTokens(workload) + workload.shared_prefix_tokens;
}

std::vector<int> PointLengths(const OutlineWorkload& workload, int answer_tokens,
                              std::uint64_t draw) {
  if (answer_tokens < workload.points) {
    FailUser(
        "outline workload {}: {} points, but the answer has {} tokens, expected at least one for "
        "each; generate more, or take fewer points",
        workload.name, workload.points, answer_tokens);
  }
  if (workload.law == LengthLaw::kGiven) return GivenLengths(workload, answer_tokens);
  std::vector<int> lengths = SplitByWeight(answer_tokens, 1, Weights(workload, draw));
  FillEmpty(lengths);
  return lengths;
}

}  // namespace jupiter

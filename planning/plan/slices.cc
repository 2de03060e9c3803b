#include "planning/plan/slices.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

std::vector<int> EqualSlices(int tokens, int count) {
  std::vector<int> lengths(static_cast<std::size_t>(count), tokens / count);
  std::fill_n(lengths.begin(), tokens % count, tokens / count + 1);
  return lengths;
}

std::vector<int> Chunks(int tokens, int length) {
  std::vector<int> lengths(static_cast<std::size_t>(tokens / length), length);
  if (tokens % length != 0) lengths.push_back(tokens % length);
  return lengths;
}

// The lengths of the next larger prompt, cut at the end. When what is left of the last one is
// short, it is merged into the slice before it.
std::vector<int> FromTable(const SlicePolicy& policy, int tokens) {
  for (const std::vector<int>& lengths : policy.table) {
    int rest = tokens;
    std::vector<int> cut;
    for (int length : lengths) {
      if (rest == 0) break;
      cut.push_back(std::min(rest, length));
      rest -= cut.back();
    }
    if (rest > 0) continue;
    if (cut.size() > 1 && cut.back() < policy.least) {
      const int last = cut.back();
      cut.pop_back();
      cut.back() += last;
    }
    return cut;
  }
  FailUser(
      "the plan has slices for prompts of up to {} tokens, this one has {}; plan for longer "
      "ones (jupiter_plan --all-prompts)",
      std::accumulate(policy.table.back().begin(), policy.table.back().end(), std::int64_t{0}),
      tokens);
}

}  // namespace

SlicePolicy ChunksOf(int tokens) {
  return {.kind = SlicePolicy::Kind::kChunks, .count = tokens, .lengths = {}};
}

SlicePolicy LocalSlices() { return ChunksOf(128); }

std::vector<int> CutPrompt(const SlicePolicy& policy, int tokens, int stages) {
  JUPITER_CHECK(tokens > 0 && stages > 0);
  switch (policy.kind) {
    case SlicePolicy::Kind::kWhole: return {tokens};
    case SlicePolicy::Kind::kAuto: {
      const int most = stages == 1 ? 1 : 4 * stages;
      return EqualSlices(tokens, std::clamp(tokens / policy.least, 1, most));
    }
    case SlicePolicy::Kind::kCount: return EqualSlices(tokens, std::min(tokens, policy.count));
    case SlicePolicy::Kind::kChunks: return Chunks(tokens, policy.count);
    case SlicePolicy::Kind::kTable: return FromTable(policy, tokens);
    case SlicePolicy::Kind::kLengths: break;
  }
  const std::int64_t sum =
      std::accumulate(policy.lengths.begin(), policy.lengths.end(), std::int64_t{0});
  if (sum != tokens) {
    FailUser("--slices {}: they add up to {} tokens, the prompt has {}", ToString(policy), sum,
             tokens);
  }
  return policy.lengths;
}

}  // namespace jupiter

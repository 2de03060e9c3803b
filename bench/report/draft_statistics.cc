#include "bench/report/draft_statistics.h"

#include <algorithm>

#include "bench/report/metrics.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

// How many steps reach each depth; [depth - 1].
class ByDepth {
 public:
  void Count(std::int32_t depth) {
    counts_.resize(std::max(counts_.size(), static_cast<std::size_t>(depth)));
    for (std::int32_t i = 0; i < depth; ++i) ++counts_[static_cast<std::size_t>(i)];
  }
  std::int64_t At(std::size_t i) const { return i < counts_.size() ? counts_[i] : 0; }
  std::size_t size() const { return counts_.size(); }

 private:
  std::vector<std::int64_t> counts_;
};

double PartOf(std::int64_t part, std::int64_t whole) {
  return Rate(static_cast<double>(part), static_cast<double>(whole));
}

}  // namespace

DraftStatistics Summarise(std::span<const DraftStep> steps) {
  DraftStatistics all;
  ByDepth drafted;
  ByDepth accepted;
  for (const DraftStep& step : steps) {
    JUPITER_CHECK(step.accepted >= 1 && step.accepted - 1 <= step.depth && step.depth <= step.nodes,
                  "{} rows accepted of {} nodes, depth {}", step.accepted, step.nodes, step.depth);
    ++all.steps;
    all.num_drafts += step.nodes > 0 ? 1 : 0;
    all.draft_tokens += step.nodes;
    all.accepted_tokens += step.accepted - 1;
    drafted.Count(step.depth);
    accepted.Count(step.accepted - 1);
  }
  all.wasted_tokens = all.draft_tokens - all.accepted_tokens;
  all.acceptance_rate = PartOf(all.accepted_tokens, all.draft_tokens);
  all.acceptance_length = PartOf(all.steps + all.accepted_tokens, all.steps);
  all.draft_length = PartOf(all.num_drafts + all.accepted_tokens, all.num_drafts);
  for (std::size_t i = 0; i < drafted.size(); ++i) {
    all.per_position.push_back(PartOf(accepted.At(i), drafted.At(i)));
  }
  return all;
}

}  // namespace jupiter

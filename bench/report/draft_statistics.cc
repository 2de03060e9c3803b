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

std::optional<double> PartOf(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

DraftStatistics Summarise(std::span<const DraftStep> steps) {
  DraftStatistics all;
  ByDepth drafted;
  ByDepth accepted;
  std::int64_t tokens_with_draft = 0;
  for (const DraftStep& step : steps) {
    JUPITER_CHECK(step.tokens >= 0 && step.accepted <= step.depth && step.depth <= step.nodes,
                  "{} tokens, {} accepted of {} nodes, depth {}", step.tokens, step.accepted,
                  step.nodes, step.depth);
    const bool has_draft = step.nodes + step.past_end > 0;
    ++all.steps;
    all.tokens += step.tokens;
    all.num_drafts += has_draft ? 1 : 0;
    tokens_with_draft += has_draft ? step.tokens : 0;
    all.draft_tokens += step.nodes;
    all.accepted_tokens += step.accepted;
    all.past_end_tokens += step.past_end;
    drafted.Count(step.depth);
    accepted.Count(step.accepted);
  }
  all.wasted_tokens = all.draft_tokens - all.accepted_tokens;
  all.acceptance_rate = PartOf(all.accepted_tokens, all.draft_tokens);
  all.acceptance_length = PartOf(all.tokens, all.steps);
  all.draft_length = PartOf(tokens_with_draft, all.num_drafts);
  all.rows = PartOf(all.steps + all.draft_tokens + all.past_end_tokens, all.steps);
  for (std::size_t i = 0; i < drafted.size(); ++i) {
    // The deepest draft reached all of them.
    all.per_position.push_back(PartOf(accepted.At(i), drafted.At(i)).value());
  }
  return all;
}

}  // namespace jupiter

// What speculation gained, as pure functions of its verification steps.
//
// The names are those of vLLM's spec_decode_* fields. What they mean differs between programs;
// here:
// - acceptance_rate: accepted tokens / drafted tokens. A tree drafts several tokens for one place,
//   of which one at most can be right: a wide tree has a low rate, and may be fast all the same.
// - acceptance_length: tokens of the answer / verification steps. So many tokens a step adds to the
//   answer; 1 is plain decoding.
// - draft_length: the same over the steps that had a draft. (vLLM's acceptance_length.)
// - per_position: for each depth of the drafts, of the steps whose draft was that deep, the share
//   whose accepted path was. (vLLM divides by all drafts, since there all are equally deep.)
//
// What was drafted past the answer's last token counts in none of them, accepted or not. Otherwise
// short answers would seem to gain tokens that nobody reads.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/batch/token_tree.h"

namespace jupiter {

struct DraftStatistics {
  std::int64_t steps = 0;            // verification steps
  std::int64_t num_drafts = 0;       // of them with at least one drafted token
  std::int64_t tokens = 0;           // of the answers, from all steps
  std::int64_t draft_tokens = 0;     // roots and those past the end not counted
  std::int64_t accepted_tokens = 0;  // of them
  std::int64_t wasted_tokens = 0;    // computed and dropped: drafted, not accepted
  std::int64_t past_end_tokens = 0;  // computed and dropped: drafted past the end of the answer
  // Quotients, which do not exist where there is nothing to divide by: an answer of one token has
  // no steps.
  std::optional<double> acceptance_rate;
  std::optional<double> acceptance_length;
  std::optional<double> draft_length;  // tokens / steps, of those with a draft
  std::optional<double> rows;          // of a step, mean: root and all that is drafted
  std::vector<double> per_position;    // [depth - 1], up to the deepest draft
};

DraftStatistics Summarise(std::span<const DraftStep> steps);

}  // namespace jupiter

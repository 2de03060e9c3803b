// What speculation gained, as pure functions of its verification steps.
//
// Names are those of vLLM's spec_decode_* fields; the definitions, since they differ in the field:
//   acceptance_rate    accepted / drafted tokens. A tree drafts alternatives, of which one can be
//                      right, so a wide tree has a low rate and may yet be fast.
//   acceptance_length  tokens of the answer / verification steps, over all steps: what a step adds
//                      to the answer. 1 is plain decoding. (vLLM: the same over steps with a draft:
//                      draft_length.)
//   per_position       of depth d: steps whose path reached it / steps whose draft had it (vLLM
//                      divides by all drafts, which are equally long there).
//
// What was drafted after the answer's last token is in none of them, accepted or not: short
// answers would seem to gain what nobody reads.
#pragma once

#include <cstdint>
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
  double acceptance_rate = 0;        // 0 of no drafts
  double acceptance_length = 0;      // 0 of no steps
  double draft_length = 0;           // tokens / steps, of those with a draft; 0 of no drafts
  double rows = 0;                   // of a step, mean: root and all that is drafted; 0 of no steps
  std::vector<double> per_position;  // [depth - 1], up to the deepest draft
};

DraftStatistics Summarise(std::span<const DraftStep> steps);

}  // namespace jupiter

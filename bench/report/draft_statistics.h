// What speculation gained, as pure functions of its verification steps.
//
// Names are those of vLLM's spec_decode_* fields; the definitions, since they differ in the field:
//   acceptance_rate    accepted / drafted tokens. A tree drafts alternatives, of which one can be
//                      right, so a wide tree has a low rate and may yet be fast.
//   acceptance_length  new tokens per verification step, over all steps: the accepted path with its
//                      root, whose token the step would have had without a draft. 1 is plain
//                      decoding. (vLLM: the same over steps with a draft: draft_length.)
//   per_position       of depth d: steps whose path reached it / steps whose draft had it (vLLM
//                      divides by all drafts, which are equally long there).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/batch/token_tree.h"

namespace jupiter {

struct DraftStatistics {
  std::int64_t steps = 0;            // verification steps
  std::int64_t num_drafts = 0;       // of them with at least one drafted token
  std::int64_t draft_tokens = 0;     // roots not counted
  std::int64_t accepted_tokens = 0;  // of them
  std::int64_t wasted_tokens = 0;    // computed and dropped: drafted, not accepted
  double acceptance_rate = 0;        // 0 of no drafts
  double acceptance_length = 0;      // root counted; 0 of no steps
  double draft_length = 0;           // root counted, over the steps with a draft; 0 of no drafts
  std::vector<double> per_position;  // [depth - 1], up to the deepest draft
};

DraftStatistics Summarise(std::span<const DraftStep> steps);

}  // namespace jupiter

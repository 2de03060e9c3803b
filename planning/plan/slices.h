// Cuts a prompt into slices.
#pragma once

#include <vector>

#include "planning/plan/plan.h"

namespace jupiter {

// Slices of a given length, the last one shorter. No flag asks for them; plans of single devices
// do.
SlicePolicy ChunksOf(int tokens);
// How a single device takes a prompt unless a planner decides otherwise: chunks bound the
// activations and change no bit of the result.
SlicePolicy LocalSlices();

// Lengths of the slices of a prompt of `tokens` on a pipeline of `stages`, adding up to `tokens`.
//   whole    one slice
//   auto     equal slices of at least `least` tokens, at most 4 per stage: with k slices on n
//            stages the pipeline is idle (n-1)/(k+n-1) of the time, which more slices hardly
//            improve
//   count    that many equal slices (the first ones a token longer); a slice per token when the
//            prompt is shorter than that
//   chunks   slices of a given length, the last one shorter
//   lengths  as given; throws UserError when they do not add up
//   table    those that were planned for the shortest prompt of the table that is no shorter
std::vector<int> CutPrompt(const SlicePolicy& policy, int tokens, int stages);

}  // namespace jupiter

// What the runs of an outline need, before it is known, and whether one fits.
#pragma once

#include <string>

#include "bench/generate/job.h"
#include "model/outline/expansion.h"

namespace jupiter {

// Tokens and limits of a question that is answered by way of an outline.
struct OutlineNeed {
  int answer_prompt = 0;    // the question in one piece; 0: not asked so
  int answer = 0;           // at most, as all below
  int skeleton_prompt = 0;  // asks for the outline; 0: it is known
  int skeleton = 0;
  Expansion expansion;  // of the known outline, or of an empty one with as many points as may be
  int point = 1;
  int at_once = 1;
};

// Why the outline, however short, does not fit into the context, for the user; empty when it does.
std::string WhyNoRoom(const OutlineNeed& need, const JobInputs& inputs);
// Throws UserError where WhyNoRoom says something, or the answer in one piece does not fit.
JobSize SizeOf(const OutlineNeed& need, const JobInputs& inputs);

// Why these points do not fit into the size, for the user; empty when they do.
std::string WhyTooLong(const Expansion& expansion, const OutlineNeed& need, const JobSize& size,
                       int rows_in_flight);

}  // namespace jupiter

// How requests ran side by side, as pure functions of their time stamps.
//
//   at once   requests between their start and their last token, at one moment
//   verdict   a moment at which tokens of a request became known: one per step, several tokens when
//             drafts were accepted
//   round     from one verdict of a request to its next: every stage has seen it once in between
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "parallel/decoding/request.h"

namespace jupiter {

struct SetStatistics {
  std::int64_t tokens = 0;  // of all answers
  double seconds = 0;       // first start to last token
  int most_at_once = 0;
  double mean_at_once = 0;          // over these seconds
  int rounds = 0;                   // of the request that has most
  std::vector<double> round_times;  // of all requests, in seconds
};

SetStatistics SummariseSet(std::span<const Generation> generations);

// The moments of its verdicts, rising.
std::vector<double> Verdicts(const Generation& generation);

}  // namespace jupiter

// What a run has to compute, whatever the plan: read off the marks of its source.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "planning/record/record.h"

namespace jupiter {

// A decoding step of one request.
struct StepWork {
  std::int64_t rows = 0;
  std::int64_t before = 0;  // positions of the request that are known
  std::int64_t tokens = 0;  // that it gave; 0: it followed a wrong guess
};

struct RequestWork {
  std::int64_t before = 0;  // positions of the prefix that it shares
  std::int64_t prompt = 0;  // rows of its own
  std::vector<StepWork> steps = {};
  bool runs_ahead = false;  // steps begin before the one before them is judged
};

// The least that a request's steps take one after the other, by the time of each. Where it runs
// ahead of its verdicts: the shortest each time that a guess was wrong, as the right one then
// begins behind the verdict; steps in flight behind a wrong guess are one with it.
double StepsSeconds(const RequestWork& request,
                    const std::function<double(const StepWork&)>& seconds_of);

// Requests that run together.
struct SetWork {
  std::int64_t prefix = 0;  // rows of the prefix that they share, if any
  std::vector<RequestWork> requests = {};
};

// Sets that run one after the other. CHECKs that the record has the marks of a source, and that a
// set has one prefix at most.
std::vector<SetWork> WorkOf(const RunRecord& record);

}  // namespace jupiter

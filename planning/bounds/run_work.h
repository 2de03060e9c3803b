// What a run has to compute, whatever the plan: read off the marks of its source.
#pragma once

#include <cstdint>
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

// Requests that run together.
struct SetWork {
  std::int64_t prefix = 0;  // rows of shared prefixes
  std::vector<RequestWork> requests = {};
};

// One request that is answered plainly: its first token by the prompt, the others by steps of one
// row.
std::vector<SetWork> PlainWork(int prompt_tokens, int tokens);

// Sets that run one after the other. CHECKs that the record has the marks of a source.
std::vector<SetWork> WorkOf(const RunRecord& record);

}  // namespace jupiter

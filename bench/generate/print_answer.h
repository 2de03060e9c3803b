// One answer to stdout.
#pragma once

#include "bench/generate/job.h"
#include "model/tokenizers/tokenizer.h"

namespace jupiter {

// Runs the request (the source's) and prints its text, or its ids, as it comes. Collective; the
// source has the generation.
Generation PrintAnswer(const JobRun& run, const Request& request, const Tokenizer* tokenizer,
                       bool ids);

// Slices, TTFT and TPOT. `before`: see ShowMetrics.
std::string ShowAnswer(const Generation& generation, std::int64_t prompt_tokens, double before = 0);

}  // namespace jupiter

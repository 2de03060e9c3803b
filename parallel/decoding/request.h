// Requests, and what is known of them afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "model/batch/batch.h"
#include "model/batch/token_tree.h"
#include "model/sampling/sampler.h"

namespace jupiter {

struct Request {
  std::vector<std::int32_t>
      prompt;          // needed at the source only; comes after the prefix, if there is one
  int max_tokens = 1;  // of the answer; the source's
  std::vector<std::int32_t> end_ids;  // the answer stops before such a token (source)
  int prefix = -1;                    // place among the prefixes of the set, or none
};

// Requests that run together. Prefixes are computed once, and every request that names one goes on
// from its rows.
struct RequestSet {
  std::vector<std::vector<std::int32_t>> prefixes;
  std::vector<Request> requests;
};

// What the source can do while requests run; all may be empty.
struct RequestObserver {
  // A token of the answer of request `request`; false ends the answer after it.
  std::function<bool(int request, std::int32_t token)> on_token;
  std::function<void(int request)> on_end;     // after the last token of its answer
  std::function<void(const Batch&)> on_batch;  // after each submitted batch
};

// Raw facts of one request, at the source; times are on the monotonic clock. Metrics are functions
// of these (bench/report/metrics.h).
struct Generation {
  std::vector<std::int32_t> tokens;
  std::vector<std::uint64_t> logits_hashes;  // per token
  double start = 0;
  std::vector<double> times;     // when each token was known at the source
  std::vector<int> slices;       // how the prompt was cut
  std::vector<DraftStep> steps;  // verification steps; none of plain decoding
  int stale_steps = 0;           // trees in flight when their guess turned out to be wrong
};

}  // namespace jupiter

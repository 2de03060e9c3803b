// Plain decoding of one request over any strategy: one token per step.
//
// On a device that computes nothing a step may have more rows than one: they stand for a draft that
// is verified, of which the first row is accepted. What such a step yields is for whoever replays
// the record to say.
//
// The source submits the prompt in slices, then each token as a batch of one row. The head samples
// and returns a step (token, fingerprint of its logits) to the source.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "model/sampler.h"
#include "parallel/strategy.h"

namespace jupiter {

struct Request {
  std::vector<std::int32_t> prompt;   // needed at the source only
  int max_tokens = 1;                 // of the answer; the same on all ranks
  int step_rows = 1;                  // of a decoding step
  std::vector<std::int32_t> end_ids;  // the answer stops before such a token (source)
  SamplingOptions sampling;           // the same on all ranks
};

// What the source can do while a request runs.
struct RequestObserver {
  std::function<void(std::int32_t token)> on_token;  // may be empty
  std::function<void()> on_batch;                    // after each submitted batch; may be empty
};

// Raw facts of one request, at the source; times are on the monotonic clock. Metrics are functions
// of these (bench/metrics).
struct Generation {
  std::vector<std::int32_t> tokens;
  std::vector<std::uint64_t> logits_hashes;  // per token
  double start = 0;
  std::vector<double> times;  // when each token was known at the source
  std::vector<int> slices;    // how the prompt was cut
};

// All ranks call it together; only the source's result has contents. Records go to `recorder` if
// not null (and if it observes device and transport).
Generation Generate(Strategy& strategy, Transport& transport, Device& device,
                    const Request& request, const RequestObserver& observer, Recorder* recorder);

}  // namespace jupiter

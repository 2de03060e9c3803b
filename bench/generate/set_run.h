// Requests that run together, and what is said of that.
#pragma once

#include <string>
#include <vector>

#include "bench/generate/job.h"
#include "bench/generate/kv_meter.h"

namespace jupiter {

// At the source; the other ranks have nothing.
struct SetResult {
  std::vector<Generation> generations;
  double start = 0;  // before the prefixes, monotonic clock
  KvUse kv;
  std::vector<double> busy;  // per rank: part of the time in which it did not wait for messages
};

// Collective.
SetResult RunSet(const JobRun& run, const RequestSet& set, RequestObserver observer);

// Lines: requests at once, rounds and their times; how busy the ranks were; KV.
std::string ShowSet(const SetResult& result, int stages);

}  // namespace jupiter

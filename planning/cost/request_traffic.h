// Messages of whole requests, from the definitions of the strategies.
#pragma once

#include <cstdint>
#include <vector>

#include "model/config/config.h"
#include "planning/cost/expected_bytes.h"
#include "planning/plan/plan.h"

namespace jupiter {

// What one rank sends to others, as TrafficCounters count it.
struct ExpectedTraffic {
  std::int64_t messages = 0;
  std::int64_t header = 0;
  std::int64_t payload = 0;
  void Add(const MessageBytes& message);
  bool operator==(const ExpectedTraffic&) const = default;
};

// Of rank `rank` in a whole request with a prompt in these slices and `tokens` generated tokens,
// one per step, of which the last is not fed back. Any strategy of the registry, any shares.
ExpectedTraffic RequestTraffic(const ModelConfig& config, const Plan& plan,
                               const std::vector<int>& slices, int tokens, int rank);

}  // namespace jupiter

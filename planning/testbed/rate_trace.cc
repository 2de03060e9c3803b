#include "planning/testbed/rate_trace.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {

RateTrace::RateTrace(std::vector<RateStep> steps) : steps_(std::move(steps)) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const RateStep& step = steps_[i];
    JUPITER_CHECK(std::isfinite(step.start) && std::isfinite(step.rate) && step.rate >= 0,
                  "step {}: start {}, rate {}", i, step.start, step.rate);
    JUPITER_CHECK(i == 0 || steps_[i - 1].start < step.start, "step {}: start {} after {}", i,
                  step.start, steps_[i - 1].start);
  }
  JUPITER_CHECK(steps_.empty() || steps_.back().rate > 0, "the last rate is 0");
}

double RateTrace::FirstRate() const {
  for (const RateStep& step : steps_) {
    if (step.rate > 0) return step.rate;
  }
  return 1;
}

double RateTrace::Finish(double start, double amount) const {
  JUPITER_CHECK(!std::isnan(start) && amount >= 0, "{} at {}", amount, start);
  if (steps_.empty() || amount == 0) return start + amount;
  auto next = std::upper_bound(steps_.begin(), steps_.end(), start,
                               [](double time, const RateStep& step) { return time < step.start; });
  double rate = next == steps_.begin() ? steps_.front().rate : std::prev(next)->rate;
  double now = start;
  for (; next != steps_.end(); ++next) {
    const double capacity = rate * (next->start - now);
    if (amount <= capacity) break;
    amount -= capacity;
    now = next->start;
    rate = next->rate;
  }
  return now + amount / rate;
}

}  // namespace jupiter

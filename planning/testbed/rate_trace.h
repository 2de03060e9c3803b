// A rate that changes over time, in steps: bandwidth of a link, speed of a device under load.
#pragma once

#include <vector>

namespace jupiter {

struct RateStep {
  double start = 0;  // seconds since the request began
  double rate = 1;   // from here on; 0 stands still until the next step
};

// Piecewise constant; before the first step the first rate holds, after the last one the last.
class RateTrace {
 public:
  RateTrace() = default;  // rate 1 at all times
  // Steps in rising order of start, rates not negative, the last one positive. CHECKs that.
  explicit RateTrace(std::vector<RateStep> steps);

  // When `amount` of work (in units of rate * seconds) that begins at `start` is done.
  double Finish(double start, double amount) const;
  // The first rate above zero: what a plan counts with that ignores the trace.
  double FirstRate() const;
  bool constant() const { return steps_.size() <= 1; }
  const std::vector<RateStep>& steps() const { return steps_; }

 private:
  std::vector<RateStep> steps_;
};

}  // namespace jupiter

// For waits for ranks that work alone: that load weights, or parse long records.
#pragma once

#include <algorithm>

#include "parallel/transport/context.h"

namespace jupiter {

// What rank 0 may take where it works alone.
inline constexpr double kAloneSeconds = 3600;

// While it lives, deadlines are at least so many seconds.
class LongerDeadline {
 public:
  LongerDeadline(Context& context, double seconds)
      : context_(context), seconds_(context.deadline_seconds()) {
    context_.set_deadline_seconds(std::max(seconds_, seconds));
  }
  LongerDeadline(const LongerDeadline&) = delete;
  LongerDeadline& operator=(const LongerDeadline&) = delete;
  ~LongerDeadline() { context_.set_deadline_seconds(seconds_); }

 private:
  Context& context_;
  double seconds_;
};

}  // namespace jupiter

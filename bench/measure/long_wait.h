// For waits for rank 0 where it works alone: it parses and replays long records while the others
// wait.
#pragma once

#include <algorithm>

#include "parallel/transport/context.h"

namespace jupiter {

// While it lives, deadlines are at least an hour.
class LongWait {
 public:
  explicit LongWait(Context& context) : context_(context), seconds_(context.deadline_seconds()) {
    context.set_deadline_seconds(std::max(seconds_, kSeconds));
  }
  LongWait(const LongWait&) = delete;
  LongWait& operator=(const LongWait&) = delete;
  ~LongWait() { context_.set_deadline_seconds(seconds_); }

 private:
  static constexpr double kSeconds = 3600;
  Context& context_;
  double seconds_;
};

}  // namespace jupiter

// The one clock of measurements: monotonic, in seconds.
#pragma once

#include <chrono>

namespace jupiter {

inline double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace jupiter

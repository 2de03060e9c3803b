#include "model/checkpoint/config_limits.h"

#include <limits>

#include "kernels/base/check.h"

namespace jupiter {

int NarrowCount(const std::string& place, std::int64_t value) {
  constexpr std::int64_t kMost = std::int64_t{1} << 24;
  if (value < 1 || value > kMost) {
    FailUser("{} is {}, expected 1 to {}", place, value, kMost);
  }
  return static_cast<int>(value);
}

float NarrowPositive(const std::string& place, double value) {
  constexpr double kLeast = std::numeric_limits<float>::min();
  constexpr double kMost = std::numeric_limits<float>::max();
  if (!(value >= kLeast && value <= kMost)) {
    FailUser("{} is {}, expected a finite number above 0", place, value);
  }
  return static_cast<float>(value);
}

}  // namespace jupiter

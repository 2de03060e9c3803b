#include "planning/plan/obstacle.h"

#include <fmt/format.h>

#include "kernels/base/check.h"

namespace jupiter {

std::string_view Name(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::kNone: return "";
    case Obstacle::kMemory: return "OOM";
    case Obstacle::kCannotCut: return "cannot be cut";
    case Obstacle::kNotFound: return "no plan found";
  }
  JUPITER_FAIL("{}", static_cast<int>(obstacle));
}

std::string DeviceLabel(const std::vector<std::string>& names, int device) {
  if (names.empty()) return fmt::format("device {}", device);
  return fmt::format("{} (rank {})", names[static_cast<std::size_t>(device)], device);
}

}  // namespace jupiter

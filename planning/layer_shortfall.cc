#include "planning/layer_shortfall.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace jupiter {
namespace {

constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

// How many layers the devices before each position hold at most, each filled as far as it goes.
std::vector<int> MostBefore(const StageTable& stages, const std::vector<int>& order) {
  std::vector<int> most;
  int end = 0;
  for (int device : order) {
    most.push_back(end);
    // The last layer needs the head with it; a plan in which it fits here is not short.
    const int begin = end;
    while (end < stages.layers() && stages.Fits(device, begin, end + 1)) ++end;
  }
  return most;
}

// The first layer that the devices behind each position can start with and still reach the end.
std::vector<int> LeastBehind(const StageTable& stages, const std::vector<int>& order) {
  const int devices = static_cast<int>(order.size());
  std::vector<int> least(order.size(), stages.layers());
  for (int last = 1; last < devices; ++last) {
    int begin = stages.layers();
    for (int position = last; position > 0; --position) {
      const std::size_t p = static_cast<std::size_t>(position);
      least[p] = std::min(least[p], begin);
      const int end = begin;
      while (begin > 0 && stages.Fits(order[p], begin - 1, end)) --begin;
    }
    least[0] = std::min(least[0], begin);
  }
  return least;
}

}  // namespace

LayerShortfall SmallestShortfall(const StageTable& stages, const std::vector<int>& order) {
  const std::vector<int> before = MostBefore(stages, order);
  const std::vector<int> behind = LeastBehind(stages, order);
  LayerShortfall best{order[0], kHuge, 0, 0};
  // The source has the embedding in any case, so when that does not fit no other budget helps.
  const std::size_t candidates = stages.Room(order[0]) < 0 ? 1 : order.size();
  for (std::size_t p = 0; p < candidates; ++p) {
    const int end = std::max(before[p], behind[p]);
    const std::int64_t bytes = stages.Bytes(order[p], before[p], end) - stages.Budget(order[p]);
    if (bytes < best.bytes) best = {order[p], bytes, before[p], end};
  }
  return best;
}

std::int64_t ShortInAll(const StageTable& stages) {
  // Layers and head, as a stage of the source has them above its other bytes.
  const int source = stages.source();
  std::int64_t short_bytes =
      stages.Bytes(source, 0, stages.layers()) - (stages.Budget(source) - stages.Room(source));
  for (int device = 0; device < stages.devices(); ++device) {
    short_bytes -= std::max<std::int64_t>(0, stages.Room(device));
  }
  return short_bytes;
}

std::string Describe(const LayerShortfall& shortfall, const StageTable& stages) {
  const int device = shortfall.device;
  std::string what = device == stages.source() ? "the embedding" : "";
  if (shortfall.end > shortfall.begin) {
    what +=
        fmt::format("{}layers {}-{}", what.empty() ? "" : ", ", shortfall.begin, shortfall.end - 1);
  }
  if (shortfall.end == stages.layers()) what += " and the head";
  const std::int64_t all = ShortInAll(stages);
  return fmt::format(
      "in the best case device {} is {} bytes short: {} need {} bytes, its budget is {}; {}; "
      "smaller weights, a shorter context or another device would help",
      device, shortfall.bytes, what, stages.Bytes(device, shortfall.begin, shortfall.end),
      stages.Budget(device),
      all > 0
          ? fmt::format("all devices together are {} bytes short", all)
          : fmt::format("all devices together have {} bytes to spare, but not in one place", -all));
}

}  // namespace jupiter

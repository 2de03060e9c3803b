#include "planning/partition/layer_shortfall.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "planning/text/units.h"

namespace jupiter {
namespace {

constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

// How many layers the devices before each position can hold at most, each filled as far as
// possible.
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

// The first layer that the devices after each position can start with and still reach the end.
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
  // The source has the embedding in any case. When that does not fit, no other budget helps.
  const std::size_t candidates = stages.Room(order[0]) < 0 ? 1 : order.size();
  for (std::size_t p = 0; p < candidates; ++p) {
    const int end = std::max(before[p], behind[p]);
    const std::int64_t bytes = stages.Bytes(order[p], before[p], end) - stages.Budget(order[p]);
    if (bytes < best.bytes) best = {order[p], bytes, before[p], end};
  }
  return best;
}

std::int64_t ShortInAll(const StageTable& stages) {
  const int source = stages.source();
  const std::int64_t on_the_source =
      stages.Bytes(source, 0, stages.layers()) - stages.Budget(source);
  std::int64_t room = 0;
  for (int device = 0; device < stages.devices(); ++device) {
    room += std::max<std::int64_t>(0, stages.Room(device));
  }
  return std::min(on_the_source, stages.SplitBytes() - room);
}

bool MemoryIsShort(const StageTable& stages) {
  return stages.Room(stages.source()) < 0 || ShortInAll(stages) > 0;
}

std::string DescribeInAll(const StageTable& stages) {
  const std::int64_t all = ShortInAll(stages);
  return all > 0 ? fmt::format("all devices together are {} short", FormatBytes(all))
                 : fmt::format("all devices together have {} to spare, but not in one place",
                               FormatBytes(-all));
}

std::string Describe(const LayerShortfall& shortfall, const StageTable& stages) {
  const int device = shortfall.device;
  std::string what = device == stages.source() ? "the embedding" : "";
  if (shortfall.end > shortfall.begin) {
    what +=
        fmt::format("{}layers {}-{}", what.empty() ? "" : ", ", shortfall.begin, shortfall.end - 1);
  }
  if (shortfall.end == stages.layers()) what += " and the head";
  return fmt::format("in the best case {} is {} short: {} need {}, its budget is {}; {}; {}",
                     stages.Label(device), FormatBytes(shortfall.bytes), what,
                     FormatBytes(stages.Bytes(device, shortfall.begin, shortfall.end)),
                     FormatBytes(stages.Budget(device)), DescribeInAll(stages),
                     stages.MemoryHelp());
}

}  // namespace jupiter

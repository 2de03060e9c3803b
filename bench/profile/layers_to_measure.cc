#include "bench/profile/layers_to_measure.h"

#include <algorithm>

namespace jupiter {
namespace {

constexpr std::int64_t kMostWeightBytes = std::int64_t{512} << 20;
constexpr int kLeastLayers = 2;

}  // namespace

int LayersToMeasure(int layers, std::int64_t layer_bytes, std::int64_t cache_bytes) {
  const std::int64_t one = std::max<std::int64_t>(1, layer_bytes);
  const std::int64_t beyond_cache = cache_bytes / one + 1;
  const std::int64_t affordable = kMostWeightBytes / one;
  const std::int64_t wanted =
      std::max<std::int64_t>(kLeastLayers, std::min(beyond_cache, affordable));
  return static_cast<int>(std::min<std::int64_t>(layers, wanted));
}

}  // namespace jupiter

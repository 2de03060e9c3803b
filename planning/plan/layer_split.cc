#include "planning/plan/layer_split.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/base/check.h"

namespace jupiter {

std::vector<int> EqualLayers(int layers, int ranks) {
  std::vector<int> split(static_cast<std::size_t>(ranks), layers / ranks);
  std::fill_n(split.begin(), layers % ranks, layers / ranks + 1);
  return split;
}

std::vector<int> ProportionalLayers(int layers, const std::vector<double>& speeds) {
  const double whole = std::accumulate(speeds.begin(), speeds.end(), 0.0);
  JUPITER_CHECK(whole > 0);
  std::vector<int> split;
  std::vector<std::size_t> order(speeds.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<double> remainder;
  for (double speed : speeds) {
    const double share = layers * speed / whole;
    split.push_back(static_cast<int>(std::floor(share)));
    remainder.push_back(share - std::floor(share));
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainder[a] > remainder[b]; });
  const int left = layers - std::accumulate(split.begin(), split.end(), 0);
  for (int i = 0; i < left; ++i) ++split[order[static_cast<std::size_t>(i) % order.size()]];
  return split;
}

}  // namespace jupiter

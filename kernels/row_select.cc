#include "kernels/row_select.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

namespace jupiter {
namespace {

float Rank(float x) { return x == x ? x : -std::numeric_limits<float>::infinity(); }

}  // namespace

std::int32_t ArgMaxRow(const float* x, std::int64_t n) {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < n; ++i) {
    if (Rank(x[i]) > Rank(x[best])) best = i;
  }
  return static_cast<std::int32_t>(best);
}

void TopKRow(const float* x, std::int64_t n, int k, std::int32_t* ids, float* values) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::partial_sort(order.begin(), order.begin() + k, order.end(),
                    [x](std::int32_t a, std::int32_t b) {
                      const float rank_a = Rank(x[a]), rank_b = Rank(x[b]);
                      return rank_a != rank_b ? rank_a > rank_b : a < b;
                    });
  for (int i = 0; i < k; ++i) {
    ids[i] = order[i];
    values[i] = x[order[i]];
  }
}

}  // namespace jupiter

#include "planning/plan/shares.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "kernels/base/check.h"
#include "planning/plan/layer_split.h"

namespace jupiter {
namespace {

// The least number of heads whose columns of wo are a multiple of `columns`.
int HeadUnit(const ModelConfig& config, int columns) {
  const int width = config.heads / config.kv_heads * config.head_dim;
  return columns / std::gcd(columns, width);
}

// `columns_of` gives the columns of a type that stay together.
ShareUnits Units(const ModelShape& shape, int (*columns_of)(DType)) {
  ShareUnits units;
  for (const LayerTypes& types : shape.layers) {
    units.heads = std::max(units.heads, HeadUnit(shape.config, columns_of(types.wo)));
    units.columns = std::max(units.columns, columns_of(types.w_down));
  }
  return units;
}

void CheckList(const char* flag, const std::vector<int>& shares, int ranks) {
  if (static_cast<int>(shares.size()) != ranks) {
    FailUser("{} {}: {} numbers for {} ranks; give one per rank", flag, fmt::join(shares, ","),
             shares.size(), ranks);
  }
  for (int share : shares) {
    if (share < 0) FailUser("{} {}: a share is negative", flag, fmt::join(shares, ","));
  }
}

void CheckShareSum(const char* flag, const std::vector<int>& shares, int total, const char* what) {
  const std::int64_t sum = std::accumulate(shares.begin(), shares.end(), std::int64_t{0});
  if (sum != total) {
    FailUser("{} {}: they add up to {}, the model has {} {}", flag, fmt::join(shares, ","), sum,
             total, what);
  }
}

// Only cuts between ranks: the end of the last share is none.
void CheckUnit(const char* flag, const std::vector<int>& shares, int unit, int total,
               const char* why) {
  int end = 0;
  for (std::size_t rank = 0; rank < shares.size(); ++rank) {
    end += shares[rank];
    if (end % unit != 0 && end != total) {
      FailUser("{} {}: the share of rank {} ends at {}; {}: cut at multiples of {}", flag,
               fmt::join(shares, ","), rank, end, why, unit);
    }
  }
}

}  // namespace

ShareUnits CutsOf(const ModelShape& shape) { return Units(shape, CutColumns); }

ShareUnits UnitsOf(const ModelShape& shape) { return Units(shape, BlockColumns); }

std::vector<int> SplitByWeight(int total, int unit, const std::vector<double>& weights) {
  JUPITER_CHECK(unit >= 1 && total >= 0);
  std::vector<int> split = ProportionalLayers(total / unit, weights);
  for (int& share : split) share *= unit;
  const int rest = total % unit;
  if (rest == 0) return split;
  auto last = std::find_if(split.rbegin(), split.rend(), [](int share) { return share > 0; });
  (last == split.rend() ? split.front() : *last) += rest;
  return split;
}

void CheckShares(const Shares& shares, const ModelShape& shape, int ranks) {
  const ShareUnits units = CutsOf(shape);
  if (!shares.heads.empty()) {
    CheckList("--heads", shares.heads, ranks);
    CheckShareSum("--heads", shares.heads, shape.config.kv_heads, "KV heads");
    CheckUnit("--heads", shares.heads, units.heads, shape.config.kv_heads,
              "the output projection is quantised in blocks of columns");
  }
  if (!shares.columns.empty()) {
    CheckList("--columns", shares.columns, ranks);
    CheckShareSum("--columns", shares.columns, shape.config.ffn, "feed-forward columns");
    CheckUnit("--columns", shares.columns, units.columns, shape.config.ffn,
              "the down projection is quantised in blocks of columns");
  }
  if (!shares.rows.empty()) {
    CheckList("--rows", shares.rows, ranks);
    if (std::accumulate(shares.rows.begin(), shares.rows.end(), std::int64_t{0}) == 0) {
      FailUser("--rows {}: expected a weight above 0", fmt::join(shares.rows, ","));
    }
  }
}

std::string Show(const Shares& shares) {
  std::string text;
  const auto add = [&](const char* name, const std::vector<int>& list) {
    if (list.empty()) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : " ", name, fmt::join(list, ","));
  };
  add("heads", shares.heads);
  add("columns", shares.columns);
  add("rows", shares.rows);
  return text;
}

int FirstOf(const std::vector<int>& shares, int rank) {
  return std::accumulate(shares.begin(), shares.begin() + rank, 0);
}

}  // namespace jupiter

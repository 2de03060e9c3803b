#include "planning/bounds/layer_split.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "planning/plan/shares.h"

namespace jupiter {
namespace {

constexpr int kColumnSteps = 512;
constexpr int kHalvings = 40;

// A share of the whole, and what one device takes for it.
struct Share {
  double part = 0;
  double seconds = 0;
};

struct DeviceShares {
  std::vector<Share> heads;    // rising, from none to all
  std::vector<Share> columns;  // likewise; `part`: of the largest share that takes no longer
  double whole() const { return heads.back().seconds + columns.back().seconds; }
};

struct Problem {
  const ModelShape& shape;
  int layer;
  std::int64_t rows;
  std::int64_t context;
};

std::vector<Share> HeadShares(const Problem& problem, const BoundDevice& device) {
  const ModelConfig& config = problem.shape.config;
  const int unit = CutsOf(problem.shape).heads;
  std::vector<Share> shares = {{}};
  for (int heads = 1; heads <= config.kv_heads; ++heads) {
    // Whole units, with or without what fills none, which one rank has.
    if (heads % unit != 0 && (config.kv_heads - heads) % unit != 0) continue;
    const ShareWidths widths = WidthsOf(config, heads, 0);
    std::vector<OpCall> ops = ProjectionOps(problem.shape, problem.layer, problem.rows, widths);
    ops.push_back(AttentionOp(problem.shape, problem.rows, problem.context, widths));
    shares.push_back({static_cast<double>(heads) / config.kv_heads, device.Seconds(ops)});
  }
  return shares;
}

std::vector<Share> ColumnShares(const Problem& problem, const BoundDevice& device) {
  const ModelConfig& config = problem.shape.config;
  const int unit = CutsOf(problem.shape).columns;
  const int units = (config.ffn + unit - 1) / unit;
  const int step = (units + kColumnSteps - 1) / kColumnSteps * unit;
  // Up to where the next share begins, and with what fills no unit, which one rank has.
  const int given_away = step - unit + config.ffn % unit;
  const auto part = [&](int columns) {
    return static_cast<double>(std::min(columns + given_away, config.ffn)) / config.ffn;
  };
  std::vector<Share> shares = {{part(0), 0}};
  for (int columns = step; columns < config.ffn + step; columns += step) {
    const ShareWidths widths = WidthsOf(config, 0, std::min(columns, config.ffn));
    shares.push_back({part(columns),
                      device.Seconds(MlpOps(problem.shape, problem.layer, problem.rows, widths))});
  }
  return shares;
}

double ColumnsIn(double seconds, const std::vector<Share>& shares) {
  const auto next =
      std::upper_bound(shares.begin(), shares.end(), seconds,
                       [](double limit, const Share& share) { return limit < share.seconds; });
  return std::prev(next)->part;
}

// The most that a device does in `seconds`, heads counting `weight` and columns the rest.
double MostDone(double seconds, const DeviceShares& shares, double weight) {
  double most = 0;
  for (const Share& heads : shares.heads) {
    if (heads.seconds > seconds) break;
    most = std::max(most, weight * heads.part +
                              (1 - weight) * ColumnsIn(seconds - heads.seconds, shares.columns));
  }
  return most;
}

// What the `count` devices that do most get done in `seconds`.
double DoneBy(int count, double seconds, const std::vector<DeviceShares>& devices, double weight) {
  std::vector<double> done;
  for (const DeviceShares& shares : devices) done.push_back(MostDone(seconds, shares, weight));
  std::sort(done.rbegin(), done.rend());
  return std::accumulate(done.begin(), done.begin() + count, 0.0);
}

}  // namespace

std::vector<double> LeastSplitSeconds(const ModelShape& shape,
                                      const std::vector<BoundDevice>& devices, int layer,
                                      std::int64_t rows, std::int64_t context) {
  const Problem problem{shape, layer, rows, context};
  std::vector<DeviceShares> shares;
  for (const BoundDevice& device : devices) {
    shares.push_back({HeadShares(problem, device), ColumnShares(problem, device)});
  }
  const auto fastest = std::min_element(
      shares.begin(), shares.end(),
      [](const DeviceShares& a, const DeviceShares& b) { return a.whole() < b.whole(); });
  std::vector<double> least(devices.size() - 1, 0.0);
  if (fastest->whole() == 0) return least;
  const double weight = fastest->heads.back().seconds / fastest->whole();
  for (std::size_t i = 0; i < least.size(); ++i) {
    double enough = fastest->whole();
    for (int halving = 0; halving < kHalvings; ++halving) {
      const double middle = (least[i] + enough) / 2;
      const bool done = DoneBy(static_cast<int>(i) + 2, middle, shares, weight) >= 1;
      (done ? enough : least[i]) = middle;
    }
  }
  return least;
}

}  // namespace jupiter

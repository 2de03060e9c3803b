#include "bench/report/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace jupiter {

RequestMetrics Measure(double start, const std::vector<double>& times) {
  RequestMetrics metrics;
  if (times.empty()) return metrics;
  metrics.ttft = times.front() - start;
  metrics.e2el = times.back() - start;
  for (std::size_t i = 1; i < times.size(); ++i) metrics.itl.push_back(times[i] - times[i - 1]);
  if (!metrics.itl.empty()) {
    metrics.tpot = (metrics.e2el - metrics.ttft) / static_cast<double>(metrics.itl.size());
  }
  return metrics;
}

double Quantile(std::vector<double> values, double p) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double rank = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(rank));
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (rank - std::floor(rank)) * (values[above] - values[below]);
}

double Mean(const std::vector<double>& values) {
  return Rate(std::accumulate(values.begin(), values.end(), 0.0),
              static_cast<double>(values.size()));
}

std::string ShowMilliseconds(const std::optional<double>& seconds, int decimals) {
  return seconds ? fmt::format("{:.{}f} ms", *seconds * 1e3, decimals) : "-";
}

double Rate(double count, double seconds) { return seconds > 0 ? count / seconds : 0; }

}  // namespace jupiter

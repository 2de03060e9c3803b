#include "bench/profile/link_fit.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/check.h"
#include "planning/testbed/profile_format.h"

namespace jupiter {
namespace {

constexpr double kLeastBandwidth = 1e3;
// Of the sender's time for the largest message: less growth is noise.
constexpr double kLeastGrowth = 0.5;

// y = intercept + slope x.
struct StraightLine {
  double intercept = 0;
  double slope = 0;
  double At(double x) const { return intercept + slope * x; }
};

// Least squares of (fitted / y - 1) over both terms, neither below zero. `y` picks a time.
template <typename Y>
StraightLine FitLine(const std::vector<LinkSample>& samples, Y y) {
  double w = 0, wx = 0, wy = 0;
  for (const LinkSample& sample : samples) {
    const double weight = 1 / (y(sample) * y(sample));
    w += weight;
    wx += weight * sample.bytes;
    wy += weight * y(sample);
  }
  // Around the means: weights may differ by more than the digits of a double.
  double xx = 0, xy = 0;                // about the means
  double origin_xx = 0, origin_xy = 0;  // about the origin
  for (const LinkSample& sample : samples) {
    const double weight = 1 / (y(sample) * y(sample));
    const double dx = sample.bytes - wx / w;
    xx += weight * dx * dx;
    xy += weight * dx * (y(sample) - wy / w);
    origin_xx += weight * sample.bytes * sample.bytes;
    origin_xy += weight * sample.bytes * y(sample);
  }
  JUPITER_CHECK(xx > 0, "all messages have the same size");
  const double slope = xy / xx;
  const double intercept = (wy - slope * wx) / w;
  if (intercept < 0) return {0, origin_xy / origin_xx};
  if (slope < 0) return {wy / w, 0};
  return {intercept, slope};
}

// What keeps the sender busy, as far as the time of the send call shows it.
StraightLine FitHost(const std::vector<LinkSample>& samples, double most_bytes, LinkFit& fit) {
  const auto send = [](const LinkSample& sample) { return sample.send; };
  const StraightLine host = FitLine(samples, send);
  if (host.slope * most_bytes >= kLeastGrowth * host.At(most_bytes)) return host;
  fit.notes.emplace_back("host time per byte is 0: the sender's time hardly grows with the size");
  std::vector<double> times;
  for (const LinkSample& sample : samples) times.push_back(sample.send);
  std::nth_element(times.begin(), times.begin() + std::ssize(times) / 2, times.end());
  return {times[times.size() / 2], 0};
}

}  // namespace

LinkFit FitLink(const std::vector<LinkSample>& samples) {
  JUPITER_CHECK(samples.size() >= 2, "{} sizes", samples.size());
  LinkFit fit;
  double most_bytes = 0;
  for (const LinkSample& sample : samples) {
    JUPITER_CHECK(sample.one_way > 0 && sample.send > 0, "{} bytes in {} s, sent in {} s",
                  sample.bytes, sample.one_way, sample.send);
    most_bytes = std::max(most_bytes, sample.bytes);
  }
  const StraightLine whole =
      FitLine(samples, [](const LinkSample& sample) { return sample.one_way; });
  StraightLine host = FitHost(samples, most_bytes, fit);
  if (2 * host.slope >= whole.slope && host.slope > 0) {
    host.slope = 0;
    fit.notes.emplace_back("host time per byte is 0: both ends together exceed the whole");
  }
  if (2 * host.intercept > whole.intercept) {
    host.intercept = whole.intercept / 2;
    fit.notes.emplace_back(
        "latency is 0: sending and receiving take all of a small message's time");
  }
  fit.link.host_seconds = std::min(host.intercept, kSecondsRange.most);
  fit.link.host_seconds_per_byte = host.slope;
  fit.link.latency = std::clamp(whole.intercept - 2 * host.intercept, 0.0, kSecondsRange.most);
  const double seconds_per_byte = std::max(whole.slope - 2 * host.slope, 8 / kBandwidthRange.most);
  fit.link.bandwidth = std::max(8 / seconds_per_byte, kLeastBandwidth);
  for (const LinkSample& sample : samples) {
    fit.worst_error =
        std::max(fit.worst_error, std::abs(whole.At(sample.bytes) / sample.one_way - 1));
  }
  return fit;
}

}  // namespace jupiter

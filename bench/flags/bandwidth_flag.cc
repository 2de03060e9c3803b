#include "bench/flags/bandwidth_flag.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr double kMostMbit = 1e6;

double ParseMbit(std::string_view word, const std::string& text) {
  double value = 0;
  const char* const end = word.data() + word.size();
  const auto [next, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || next != end || !(value > 0 && value <= kMostMbit)) {
    FailUser(
        "--bandwidth {}: expected Mbit/s above 0, at most {:g}, got '{}'; without the flag "
        "links are as in the cluster file",
        text, kMostMbit, word);
  }
  return value;
}

}  // namespace

Flag& AddBandwidthFlag(FlagSet& set, std::string& text, const std::string& help) {
  return set.Add("--bandwidth", text, help + " (default: as in the cluster file)");
}

std::vector<double> ParseBandwidths(const std::string& text) {
  if (text.empty()) return {0};
  std::vector<double> bandwidths;
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const double bandwidth = ParseMbit(rest.substr(0, comma), text) * 1e6;
    if (std::find(bandwidths.begin(), bandwidths.end(), bandwidth) != bandwidths.end()) {
      FailUser("--bandwidth {}: {:g} is given twice", text, bandwidth / 1e6);
    }
    bandwidths.push_back(bandwidth);
    if (comma == rest.size()) return bandwidths;
    rest.remove_prefix(comma + 1);
  }
}

Cluster WithBandwidth(Cluster cluster, const std::string& text) {
  const std::vector<double> bandwidths = ParseBandwidths(text);
  if (bandwidths.size() > 1) FailUser("--bandwidth {}: expected one number of Mbit/s", text);
  return WithBandwidth(std::move(cluster), bandwidths.front());
}

Cluster WithBandwidth(Cluster cluster, double bandwidth) {
  return bandwidth == 0 ? cluster : AtBandwidth(std::move(cluster), bandwidth);
}

}  // namespace jupiter

#include "bench/generate/set_statistics.h"

#include <algorithm>
#include <utility>

#include "bench/report/metrics.h"

namespace jupiter {
namespace {

// Starts and ends of the requests, in order; at one moment ends come first.
std::vector<std::pair<double, int>> Changes(std::span<const Generation> generations) {
  std::vector<std::pair<double, int>> changes;
  for (const Generation& generation : generations) {
    if (generation.times.empty()) continue;
    changes.emplace_back(generation.start, 1);
    changes.emplace_back(generation.times.back(), -1);
  }
  std::sort(changes.begin(), changes.end());
  return changes;
}

}  // namespace

std::vector<double> Verdicts(const Generation& generation) {
  std::vector<double> verdicts = generation.times;
  verdicts.erase(std::unique(verdicts.begin(), verdicts.end()), verdicts.end());
  return verdicts;
}

SetStatistics SummariseSet(std::span<const Generation> generations) {
  SetStatistics all;
  for (const Generation& generation : generations) {
    all.tokens += std::ssize(generation.tokens);
    const std::vector<double> verdicts = Verdicts(generation);
    all.rounds = std::max(all.rounds, static_cast<int>(verdicts.size()) - 1);
    for (std::size_t i = 1; i < verdicts.size(); ++i) {
      all.round_times.push_back(verdicts[i] - verdicts[i - 1]);
    }
  }
  const std::vector<std::pair<double, int>> changes = Changes(generations);
  if (changes.empty()) return all;
  all.seconds = changes.back().first - changes.front().first;
  double request_seconds = 0;
  int now = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (i > 0) request_seconds += now * (changes[i].first - changes[i - 1].first);
    now += changes[i].second;
    all.most_at_once = std::max(all.most_at_once, now);
  }
  all.mean_at_once = Rate(request_seconds, all.seconds);
  return all;
}

}  // namespace jupiter

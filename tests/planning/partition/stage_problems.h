// Random stage problems for the tests of the partition planners, and their plain evaluation.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>

#include "kernels/base/rng.h"

namespace jupiter {

// Random problems of a test.
inline constexpr int kInstances = 2000;

inline int Sum(const std::vector<int>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0);
}

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : rng_(seed) {}
  // In [low, high].
  int Int(int low, int high) {
    return low + static_cast<int>(rng_.Bits(next_++) % static_cast<std::uint64_t>(high - low + 1));
  }
  // A multiple of 1/16 s up to `most` sixteenths, so that sums have no rounding.
  double Seconds(int most) { return Int(0, most) / 16.0; }

 private:
  CounterRng rng_;
  std::uint64_t next_ = 0;
};

// [from][to], up to `most` sixteenths each.
inline std::vector<std::vector<double>> RandomTransfers(Draws& draws, int devices, int most) {
  std::vector<std::vector<double>> seconds(static_cast<std::size_t>(devices));
  for (std::vector<double>& row : seconds) {
    for (int to = 0; to < devices; ++to) row.push_back(draws.Seconds(most));
  }
  return seconds;
}

// Up to ten layers on up to four devices; about as many without a solution as with one.
template <typename Problem>
Problem RandomStages(Draws& draws, int devices, int layers) {
  Problem problem;
  for (int l = 0; l < layers; ++l) problem.layer_bytes.push_back(draws.Int(5, 15));
  problem.embed_bytes = draws.Int(0, 10);
  problem.head_bytes = draws.Int(0, 20);
  // A tied head is the embedding, so that one device stores both once.
  if (draws.Int(0, 2) == 0) {
    problem.shared_bytes = std::min(problem.embed_bytes, problem.head_bytes);
  }
  const int send = draws.Int(0, 2) * 8;  // none, some or long transfers
  const int share = (layers * 10 + 20) / devices;
  const int ample = draws.Int(0, 2);
  for (int d = 0; d < devices; ++d) {
    problem.embed_seconds.push_back(draws.Seconds(4));
    problem.head_seconds.push_back(draws.Seconds(20));
    problem.fixed_bytes.push_back(draws.Int(0, 8));
    problem.budget.push_back(draws.Int(share / 2, share * (2 + ample)));
    std::vector<double> seconds;
    const int speed = draws.Int(4, 32);
    for (int l = 0; l < layers; ++l) seconds.push_back((draws.Int(1, 4) + speed) / 16.0);
    problem.layer_seconds.push_back(std::move(seconds));
  }
  problem.send_seconds = RandomTransfers(draws, devices, send);
  return problem;
}

struct StageNumbers {
  std::vector<int> devices;           // that take part, in order
  std::vector<double> compute;        // layers, embedding, head
  std::vector<double> sends;          // to the next one; 0 after the last
  std::vector<std::int64_t> missing;  // bytes above the budget; negative: to spare
  bool fits() const {
    return std::all_of(missing.begin(), missing.end(), [](std::int64_t b) { return b <= 0; });
  }
};

// Layer by layer. Devices without layers take no part, except the first one of the order.
template <typename Problem>
StageNumbers Evaluate(const Problem& problem, const std::vector<int>& order,
                      const std::vector<int>& layers) {
  StageNumbers numbers;
  std::size_t layer = 0;
  for (std::size_t p = 0; p < order.size(); ++p) {
    if (layers[p] == 0 && p > 0) continue;
    const std::size_t d = static_cast<std::size_t>(order[p]);
    double seconds = 0;
    if (p == 0) seconds = problem.embed_seconds[d];
    std::int64_t bytes = problem.fixed_bytes[d] + (p == 0 ? problem.embed_bytes : 0);
    for (int i = 0; i < layers[p]; ++i, ++layer) {
      seconds += problem.layer_seconds[d][layer];
      bytes += problem.layer_bytes[layer];
    }
    if (layers[p] > 0 && layer == problem.layer_bytes.size()) {
      seconds += problem.head_seconds[d];
      bytes += problem.head_bytes - (p == 0 ? problem.shared_bytes : 0);
    }
    if (!numbers.devices.empty()) {
      const std::size_t from = static_cast<std::size_t>(numbers.devices.back());
      numbers.sends.back() = problem.send_seconds[from][d];
    }
    numbers.devices.push_back(order[p]);
    numbers.compute.push_back(seconds);
    numbers.sends.push_back(0);
    numbers.missing.push_back(bytes - problem.budget[d]);
  }
  return numbers;
}

// Calls visit with every way to write `sum` as `parts` numbers of at least `least`, in
// lexicographic order.
void ForEachComposition(int sum, int parts, int least,
                        const std::function<void(const std::vector<int>&)>& visit);

}  // namespace jupiter

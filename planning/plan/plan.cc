#include "planning/plan/plan.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

std::vector<int> ParseLengths(std::string_view text) {
  std::vector<int> lengths;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    int length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + comma, length);
    if (error != std::errc() || end != text.data() + comma || length < 1) return {};
    lengths.push_back(length);
    if (comma + 1 == text.size()) return {};
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return lengths;
}

std::vector<int> OrderOf(const Plan& plan) {
  if (!plan.order.empty()) return plan.order;
  std::vector<int> order(plan.layers.size());
  std::iota(order.begin(), order.end(), 0);
  return order;
}

}  // namespace

SlicePolicy ParseSlices(std::string_view text, int least) {
  SlicePolicy policy;
  policy.least = least;
  if (least < 1) FailUser("--min-slice is {}, expected at least 1 token", least);
  if (text == "whole") return policy;
  policy.kind = SlicePolicy::Kind::kAuto;
  if (text == "auto") return policy;
  policy.lengths = ParseLengths(text);
  if (policy.lengths.empty()) {
    FailUser("--slices '{}': expected auto, whole, a number of slices, or lengths such as 64,48,16",
             text);
  }
  policy.kind = SlicePolicy::Kind::kLengths;
  if (policy.lengths.size() == 1) {
    policy.kind = SlicePolicy::Kind::kCount;
    policy.count = policy.lengths.front();
    policy.lengths.clear();
  }
  return policy;
}

std::string ToString(const SlicePolicy& policy) {
  switch (policy.kind) {
    case SlicePolicy::Kind::kWhole: return "whole";
    case SlicePolicy::Kind::kAuto: return "auto";
    case SlicePolicy::Kind::kCount: return fmt::format("{}", policy.count);
    case SlicePolicy::Kind::kChunks: return fmt::format("chunks of {}", policy.count);
    case SlicePolicy::Kind::kTable:
      return fmt::format("a table of {} prompt lengths", policy.table.size());
    case SlicePolicy::Kind::kLengths: return fmt::format("{}", fmt::join(policy.lengths, ","));
  }
  JUPITER_FAIL("slices {}", static_cast<int>(policy.kind));
}

void CheckLayers(const std::vector<int>& layers, int model_layers, int ranks) {
  const std::string shown = fmt::format("{}", fmt::join(layers, ","));
  if (static_cast<int>(layers.size()) != ranks) {
    FailUser("--layers {}: {} numbers for {} ranks; give one number per rank", shown, layers.size(),
             ranks);
  }
  for (int count : layers) {
    if (count < 0) FailUser("--layers {}: a number of layers is negative", shown);
  }
  const std::int64_t sum = std::accumulate(layers.begin(), layers.end(), std::int64_t{0});
  if (sum != model_layers) {
    FailUser("--layers {}: they add up to {}, the model has {} layers", shown, sum, model_layers);
  }
}

bool IsOrder(const std::vector<int>& order, int ranks) {
  std::vector<int> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  std::vector<int> all(static_cast<std::size_t>(ranks));
  std::iota(all.begin(), all.end(), 0);
  return sorted == all && order.front() == 0;
}

void CheckOrder(const std::vector<int>& order, int ranks) {
  if (order.empty() || IsOrder(order, ranks)) return;
  FailUser("order {}: expected each of the ranks 0 to {} once, rank 0 (it has the prompt) first",
           fmt::join(order, ","), ranks - 1);
}

std::vector<int> PipelineRanks(const Plan& plan) {
  std::vector<int> ranks;
  for (int rank : OrderOf(plan)) {
    if (rank == 0 || plan.layers[static_cast<std::size_t>(rank)] > 0) ranks.push_back(rank);
  }
  return ranks;
}

int FirstLayer(const Plan& plan, int rank) {
  int first = 0;
  for (int before : OrderOf(plan)) {
    if (before == rank) return first;
    first += plan.layers[static_cast<std::size_t>(before)];
  }
  JUPITER_FAIL("rank {} of {}", rank, plan.layers.size());
}

bool WireIsExact(const Plan& plan) {
  return plan.wire == DType::kF32 || plan.wire == plan.residual;
}

bool IsShared(const Plan& plan) { return plan.reference_of.empty() && !plan.shares.empty(); }

std::string ShowSplit(const Plan& plan) {
  if (!IsShared(plan)) {
    const std::vector<int> ranks = PipelineRanks(plan);
    const std::string layers = fmt::format("layers {}", fmt::join(plan.layers, ","));
    if (std::is_sorted(ranks.begin(), ranks.end())) return layers;
    return fmt::format("{} in order {}", layers, fmt::join(ranks, ","));
  }
  return Show(plan.shares) + (plan.overlap ? "" : " without overlap");
}

int ModelLayers(const Plan& plan) {
  if (IsShared(plan)) return plan.layers.front();
  return std::accumulate(plan.layers.begin(), plan.layers.end(), 0);
}

std::vector<int> BoundariesOf(const Plan& plan) {
  std::vector<int> boundaries;
  if (IsShared(plan)) return boundaries;
  int layers = 0;
  const std::vector<int> ranks = PipelineRanks(plan);
  for (std::size_t i = 0; i + 1 < ranks.size(); ++i) {
    layers += plan.layers[static_cast<std::size_t>(ranks[i])];
    boundaries.push_back(layers);
  }
  return boundaries;
}

std::vector<std::vector<DType>> RoundingOf(const Plan& plan) {
  const int layers = ModelLayers(plan);
  if (plan.residual == DType::kF32 && plan.reference_boundaries.empty()) return {};
  std::vector<std::vector<DType>> rounding(static_cast<std::size_t>(layers) + 1);
  if (plan.residual != DType::kF32) {
    for (std::vector<DType>& types : rounding) types.push_back(plan.residual);
  }
  for (int boundary : plan.reference_boundaries) {
    rounding[static_cast<std::size_t>(boundary)].push_back(plan.wire);
  }
  return rounding;
}

}  // namespace jupiter

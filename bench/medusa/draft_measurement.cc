#include "bench/medusa/draft_measurement.h"

#include <algorithm>
#include <set>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// Adds a position to the counts of the heads up to and with the first that missed.
void CountPosition(std::span<const std::uint8_t> ranks, DraftAcceptance& counts,
                   std::vector<std::int64_t>& reached) {
  for (std::size_t head = 0; head < ranks.size(); ++head) {
    ++reached[head];
    if (ranks[head] >= counts.ranks()) return;
    ++counts.probability[head][ranks[head]];
  }
}

// Drafted tokens that are accepted at a position.
std::size_t AcceptedAt(std::span<const std::uint8_t> ranks, const std::set<DraftPath>& nodes) {
  DraftPath path;
  for (const std::uint8_t rank : ranks) {
    path.push_back(rank);
    if (!nodes.contains(path)) return path.size() - 1;
  }
  return path.size();
}

}  // namespace

DraftAcceptance MeasureAcceptance(std::span<const RankedText> texts) {
  JUPITER_CHECK(!texts.empty());
  const auto heads = static_cast<std::size_t>(texts.front().heads);
  DraftAcceptance acceptance;
  acceptance.probability.assign(heads,
                                std::vector<double>(static_cast<std::size_t>(texts.front().ranks)));
  std::vector<std::int64_t> reached(heads);
  for (const RankedText& text : texts) {
    for (std::int64_t position = 0; position < text.positions(); ++position) {
      if (!text.counted[static_cast<std::size_t>(position)]) continue;
      CountPosition(text.At(position), acceptance, reached);
    }
  }
  acceptance.positions = reached.front();
  for (std::size_t head = 0; head < heads; ++head) {
    const auto all = static_cast<double>(std::max<std::int64_t>(1, reached[head]));
    for (double& count : acceptance.probability[head]) count /= all;
  }
  return acceptance;
}

std::optional<double> WalkResult::tokens_per_step() const {
  if (steps == 0) return std::nullopt;
  std::int64_t tokens = steps;
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    tokens += static_cast<std::int64_t>(i) * accepted[i];
  }
  return static_cast<double>(tokens) / static_cast<double>(steps);
}

WalkResult WalkTexts(std::span<const RankedText> texts, const DraftTree& tree, bool all) {
  const std::vector<DraftPath> paths = PathsOf(tree);
  const std::set<DraftPath> nodes(paths.begin(), paths.end());
  WalkResult result;
  result.accepted.assign(static_cast<std::size_t>(tree.depth()) + 1, 0);
  for (const RankedText& text : texts) {
    for (std::int64_t position = 0; position < text.positions();) {
      const std::size_t accepted = AcceptedAt(text.At(position), nodes);
      if (all || text.counted[static_cast<std::size_t>(position)]) {
        ++result.steps;
        ++result.accepted[accepted];
      }
      position += 1 + static_cast<std::int64_t>(accepted);
    }
  }
  return result;
}

}  // namespace jupiter

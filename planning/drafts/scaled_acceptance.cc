#include "planning/drafts/scaled_acceptance.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// Halvings after which doubles no longer differ.
constexpr int kHalvings = 60;

}  // namespace

double LargestScale(const DraftAcceptance& acceptance) {
  double most = 0;
  for (const std::vector<double>& head : acceptance.probability) {
    most = std::max(most, std::accumulate(head.begin(), head.end(), 0.0));
  }
  JUPITER_CHECK(most > 0, "{} is never right", acceptance.name);
  return 1 / most;
}

DraftAcceptance Scaled(DraftAcceptance acceptance, double factor) {
  if (!(factor >= 0) || factor > LargestScale(acceptance)) {
    FailUser("acceptance {}: scaled by {:.4g}, expected 0 to {:.4g}, where drafts are always right",
             acceptance.name, factor, LargestScale(acceptance));
  }
  for (std::vector<double>& head : acceptance.probability) {
    for (double& share : head) share *= factor;
  }
  return acceptance;
}

double ScaleFor(const DraftTree& tree, const DraftAcceptance& acceptance, double tokens) {
  double low = 0;
  double high = LargestScale(acceptance);
  const double most = ExpectedTokens(tree, Scaled(acceptance, high));
  if (!(tokens >= 1) || tokens > most) {
    FailUser(
        "acceptance {}: no scale makes a tree of {} rows yield {:.4g} tokens per step, only 1 to "
        "{:.4g}; take another tree or distribution",
        acceptance.name, tree.rows(), tokens, most);
  }
  // Tokens rise with the factor.
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (ExpectedTokens(tree, Scaled(acceptance, middle)) < tokens ? low : high) = middle;
  }
  return low;
}

}  // namespace jupiter

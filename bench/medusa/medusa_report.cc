#include "bench/medusa/medusa_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace jupiter {
namespace {

constexpr int kShownRanks = 5;

// "-" where there was nothing to have a share of.
std::string ShowShare(bool any, double share, int width) {
  return fmt::format("  {:>{}}", any ? fmt::format("{:.4f}", share) : "-", width);
}

std::string ShowHeads(const DraftAcceptance& acceptance) {
  const int shown = std::min(kShownRanks, acceptance.ranks());
  std::string text = "head";
  for (int rank = 1; rank <= shown; ++rank)
    text += fmt::format("  {:>6}", fmt::format("#{}", rank));
  text += fmt::format("  {:>8}\n", fmt::format("#1-{}", acceptance.ranks()));
  bool reached = true;  // somewhere the heads before this one found their tokens
  for (int head = 1; head <= acceptance.heads(); ++head) {
    text += fmt::format("{:>4}", head);
    double sum = 0;
    for (int rank = 0; rank < acceptance.ranks(); ++rank) {
      sum += acceptance.At(head, rank);
      if (rank < shown) text += ShowShare(reached, acceptance.At(head, rank), 6);
    }
    text += ShowShare(reached, sum, 8) + "\n";
    reached = reached && sum > 0;
  }
  return text;
}

std::string ShowSteps(const WalkResult& walk) {
  if (walk.steps == 0) return "no steps\n";
  std::string text = fmt::format("{:.3f} tokens per step, {} steps; accepted",
                                 *walk.tokens_per_step(), walk.steps);
  const auto steps = static_cast<double>(walk.steps);
  for (std::size_t i = 0; i < walk.accepted.size(); ++i) {
    text += fmt::format("{} {}: {:.1f} %", i == 0 ? "" : ",", i,
                        100 * static_cast<double>(walk.accepted[i]) / steps);
  }
  return text + "\n";
}

std::string ShowTree(const TriedTree& tried) {
  return fmt::format(
      "\n{}: {} nodes, depth {}, {:.3f} tokens per step expected (root counted)\n"
      "  new text: {}  all text: {}",
      tried.name, tried.tree.nodes.size(), tried.tree.depth(), tried.expected,
      ShowSteps(tried.fresh), ShowSteps(tried.all));
}

}  // namespace

std::string ShowMedusa(const MedusaReport& report) {
  const auto all = static_cast<double>(std::max<std::int64_t>(1, report.positions));
  std::string text = fmt::format(
      "held-out text: {} positions, {} of them ({:.1f} %) new (the {} tokens up to there were in "
      "no "
      "text before)\nshare of each choice of a head at new positions where the heads before it "
      "found "
      "their tokens:\n\n{}",
      report.positions, report.acceptance.positions,
      100 * static_cast<double>(report.acceptance.positions) / all, report.ngram,
      ShowHeads(report.acceptance));
  for (const TriedTree& tried : report.trees) text += ShowTree(tried);
  return text;
}

}  // namespace jupiter

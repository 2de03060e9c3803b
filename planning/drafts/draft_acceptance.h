// How often drafts are right: per depth and rank, measured or from the literature.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "planning/drafts/draft_tree.h"

namespace jupiter {

// probability[h][r]: that the token at depth h + 1 of a draft is candidate r of that depth (Medusa:
// of head h + 1), given that all before it on its path were right. Assumed to depend on depth and
// rank alone (conditional independence: the assumption of Cai et al., arXiv 2401.10774, section
// 2.3.3), so a path is right with the product along it. Candidates of a depth are different tokens,
// so their probabilities add up to at most 1.
struct DraftAcceptance {
  std::string name;                              // may be empty
  std::string source;                            // where the numbers are from; may be empty
  std::vector<std::vector<double>> probability;  // [heads][ranks]
  std::int64_t positions = 0;                    // of text that they were measured on; 0: not said

  int heads() const { return static_cast<int>(probability.size()); }
  int ranks() const {
    return probability.empty() ? 0 : static_cast<int>(probability.front().size());
  }
  // 0 where there is no such head or rank.
  double At(int depth, int choice) const;
};

// What a name or a file gives, with at most `heads` of its heads.
DraftAcceptance FirstHeads(DraftAcceptance acceptance, int heads);

// The map {jupiter_acceptance: 1, heads: H, ranks: R, probability: [[R numbers] x H], positions: N}
// with name and source, if there are any, as JSON or YAML. Throws UserError "SOURCE: line L: KEY:
// ...".
DraftAcceptance ParseAcceptance(const std::string& text, const std::string& source);
// One line of JSON that ParseAcceptance reads back.
std::string ToJson(const DraftAcceptance& acceptance);

// Of a file, or a known one (known_acceptance.h) by name.
DraftAcceptance LoadAcceptance(const std::string& path_or_name);

// New tokens that a verification step yields on average, root counted: 1 and, for every node, the
// probability of its path.
double ExpectedTokens(const DraftTree& tree, const DraftAcceptance& acceptance);

}  // namespace jupiter

// What jupiter_medusa says of heads that were measured.
#pragma once

#include <string>
#include <vector>

#include "bench/medusa/draft_measurement.h"

namespace jupiter {

// A tree that was tried.
struct TriedTree {
  std::string name;
  DraftTree tree;
  double expected = 0;  // tokens per step, by the acceptance
  WalkResult fresh;     // steps at new positions
  WalkResult all;       // all steps
};

struct MedusaReport {
  DraftAcceptance acceptance;
  std::int64_t positions = 0;  // of held-out text; those of `acceptance` are the new ones
  int ngram = 0;               // of so many tokens, see SeenText
  std::vector<TriedTree> trees;
};

// Tables.
std::string ShowMedusa(const MedusaReport& report);

}  // namespace jupiter

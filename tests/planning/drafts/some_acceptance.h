// An acceptance by its numbers alone.
#pragma once

#include <utility>
#include <vector>

#include "planning/drafts/draft_acceptance.h"

namespace jupiter {

// [head][rank]
inline DraftAcceptance AcceptanceOf(std::vector<std::vector<double>> probability) {
  DraftAcceptance acceptance;
  acceptance.probability = std::move(probability);
  return acceptance;
}

}  // namespace jupiter

// Acceptance from the literature, for runs that compute nothing. known_acceptance.cc says where
// each number is from.
#pragma once

#include <vector>

#include "planning/drafts/draft_acceptance.h"

namespace jupiter {

const std::vector<DraftAcceptance>& KnownAcceptances();

}  // namespace jupiter

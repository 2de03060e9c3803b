// Distributions of accepted drafts that are better or worse than a known one, alike at every depth
// and rank.
#pragma once

#include "planning/drafts/draft_acceptance.h"
#include "planning/drafts/draft_tree.h"

namespace jupiter {

// The most by which every probability can be multiplied: those of a depth add up to at most 1.
double LargestScale(const DraftAcceptance& acceptance);

// Every probability times `factor`. Throws UserError for a factor below 0 or above LargestScale.
DraftAcceptance Scaled(DraftAcceptance acceptance, double factor);

// The factor with which the tree yields `tokens` per step on average (ExpectedTokens). Throws
// UserError when no factor does: possible are 1 token up to those of the largest factor.
double ScaleFor(const DraftTree& tree, const DraftAcceptance& acceptance, double tokens);

}  // namespace jupiter

// Drafts copied from the text so far, at the source.
#pragma once

#include <memory>

#include "model/batch/ngram_draft.h"
#include "parallel/decoding/drafter.h"

namespace jupiter {

// Throws UserError for options out of range.
std::unique_ptr<Drafter> MakeNgramDrafter(const NgramOptions& options);

}  // namespace jupiter

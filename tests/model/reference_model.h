// The transformer written down as its formulas, in double, one token at a time: the oracle of
// stages.
#pragma once

#include <cstdint>
#include <vector>

#include "model/loaders/checkpoint.h"

namespace jupiter {

// Logits of every token of a text.
std::vector<std::vector<float>> ReferenceLogits(Checkpoint& checkpoint,
                                                const std::vector<std::int32_t>& tokens);

}  // namespace jupiter

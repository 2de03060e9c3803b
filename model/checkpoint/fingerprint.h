// Tells whether two ranks opened the same model.
#pragma once

#include <cstdint>
#include <string>

#include "model/checkpoint/checkpoint.h"

namespace jupiter {

// A hash of every number of the config and of the first row of some tensors (embedding, head, norms
// and matrices spread over the layers): a few kilobytes per tensor, not the whole file.
std::uint64_t FingerprintModel(Checkpoint& checkpoint);

// The same for every file that has these weights in these types, whatever its format: of the
// model's size and of what no format lays out in its own way (embedding, final norm, an MLP
// matrix).
std::uint64_t FingerprintWeights(Checkpoint& checkpoint);

}  // namespace jupiter

// How fast this rank computes.
#pragma once

#include <optional>
#include <vector>

#include "kernels/device.h"
#include "model/checkpoint/checkpoint.h"
#include "parallel/transport/transport.h"

namespace jupiter {

// Layers per second of this rank (in some unit that is the same on all ranks), from a short
// measurement of a matrix of the model. Throws UserError when it cannot be read.
double MeasureLayerSpeed(Device& device, Checkpoint& checkpoint, std::optional<DType> quantise);
// The speeds of all ranks, by rank, on every rank, from that of this one.
std::vector<double> GatherSpeeds(Transport& transport, double speed);

}  // namespace jupiter

// Rotary position angles.
#pragma once

#include "kernels/device.h"
#include "model/config/config.h"

namespace jupiter {

// f32 [positions, head_dim]: cos(position * w_i) for i < head_dim/2, then sin, with
// w_i = rope_base^(-2i / head_dim) / rope_factors[i]. Computed in double by our own sine and power,
// so that every processor gets the same bits.
Tensor MakeRopeTable(Device& device, const ModelConfig& config, int positions);

}  // namespace jupiter

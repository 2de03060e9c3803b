// Types and sizes of a model's weights without the weights: what plans and cost models compute
// from.
#pragma once

#include <cstdint>
#include <vector>

#include "model/config/config.h"

namespace jupiter {

// Types of the seven matrices of one layer, as a device holds them.
struct LayerTypes {
  DType wq = DType::kF32, wk = DType::kF32, wv = DType::kF32, wo = DType::kF32;
  DType w_gate = DType::kF32, w_up = DType::kF32, w_down = DType::kF32;
  bool operator==(const LayerTypes&) const = default;
};

struct ModelShape {
  ModelConfig config;
  std::vector<LayerTypes> layers;  // [config.layers]
  DType embedding = DType::kF32;
  DType head = DType::kF32;
  DType kv = DType::kF32;
};

// Bytes of a matrix as files hold it. Emulated devices are taken to hold it in the same form.
std::int64_t StoredBytes(DType dtype, std::int64_t rows, std::int64_t columns);

}  // namespace jupiter

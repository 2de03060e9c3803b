// Which piece of the model a stage is, and the largest batch it takes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/stage/weights.h"

namespace jupiter {

struct StageOptions {
  int layer_begin = 0;
  int layer_end = 0;
  bool embedding = false;
  bool head = false;
  std::optional<LayerShare> share;  // of every layer; none: whole layers
  std::int64_t max_rows = 1;        // of one batch
  std::int64_t max_head_rows = 1;   // of one batch
  int max_positions = 1;            // of one sequence
  std::int64_t kv_positions = 0;    // of all sequences at once; 0: of one
  DType kv_dtype = DType::kF32;
  // The residual stream is rounded to these types, in this order: entry 0 after the embedding,
  // entry l+1 at the end of layer l of the model. Empty: nothing is rounded.
  std::vector<std::vector<DType>> rounding;
  std::optional<DType> quantise;
  // Layers of the stage, from its first, that have a place of their own on the device; the others
  // are read again for every batch, one at a time. None: all of them. No bit depends on it.
  std::optional<int> resident_layers;

  int layers() const { return layer_end - layer_begin; }
  // Layers that are read again. Never exactly one: it would stay in the place that such layers
  // share.
  int streamed_layers() const {
    const int others = layers() - resident_layers.value_or(layers());
    return others > 1 ? others : 0;
  }
  LayerShare ShareOf(const ModelConfig& config) const {
    return share.value_or(LayerShare::Whole(config));
  }
};

}  // namespace jupiter

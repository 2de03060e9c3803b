// The layers of a stage by index, wherever they are: on the device for good, or in the checkpoint.
//
// Layers that are not resident take turns in one place on the device. Each is read (and quantised
// and packed) anew when it is asked for, after the one before it was freed. So one of them is there
// at any time, and all are read once per batch. More places would not help: layers are asked for in
// order, and a cache with fewer places than layers never has the next one.
#pragma once

#include <optional>
#include <vector>

#include "model/stage/layer.h"
#include "model/stage/stage_options.h"

namespace jupiter {

class LayerStore {
 public:
  // Loads the resident layers, and each of the others once, so that errors in a layer show here.
  // Device and checkpoint outlive the store. Throws UserError.
  LayerStore(Device& device, Checkpoint& checkpoint, const StageOptions& options);

  // Layer `index` of the stage, read from the checkpoint if it is not resident; valid until another
  // one is fetched. Throws UserError when a layer that is read again has changed in the file.
  const Layer& Fetch(int index);

 private:
  Layer Load(int index);
  const Layer& Stream(int index);

  const ModelConfig& config_;
  WeightLoader loader_;
  LayerShare share_;
  int first_;  // of the stage, in the model
  std::vector<Layer> resident_;
  std::optional<Layer> passing_;
  int passing_index_ = -1;  // -1: none is there
};

}  // namespace jupiter

// The layers of a stage by index, wherever they are: on the device for good, or in the checkpoint.
//
// Layers that are not resident pass through one place on the device. Each is read (and quantised
// and packed) anew when it is asked for, and the one before it goes first, so at most one of them
// is there at any time. Together they are read once per batch: in the order of the layers, a cache
// of fewer places than layers would never have the one that comes next.
#pragma once

#include <optional>
#include <vector>

#include "model/stage/layer.h"
#include "model/stage/stage_options.h"

namespace jupiter {

class LayerStore {
 public:
  // Loads the resident layers, and each of the others once, so that what is wrong with a layer is
  // said here. Device and checkpoint outlive the store. Throws UserError.
  LayerStore(Device& device, Checkpoint& checkpoint, const StageOptions& options);

  // Layer `index` of the stage, valid until another one is asked for. Throws UserError when a layer
  // that is read again is no longer what it was.
  const Layer& At(int index);

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

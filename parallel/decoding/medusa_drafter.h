// Medusa heads as a source of candidates, on the rank that has the output matrix.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kernels/device.h"
#include "model/config/config.h"
#include "model/stage/stage.h"
#include "parallel/decoding/drafter.h"

namespace jupiter {

struct MedusaDrafterOptions {
  std::string path;  // see OpenMedusa
  int heads = 0;     // the first so many; 0: all of the file
  int ranks = 10;    // candidates of each
  std::optional<DType> quantise;
};

// Bytes of the drafter, known before anything is allocated. Throws like MakeMedusaDrafter.
StageMemory PlanMedusaDrafterMemory(const Device& device, const ModelConfig& config,
                                    const MedusaDrafterOptions& options);

// Throws UserError for heads that cannot be used with the model.
std::unique_ptr<HeadDrafter> MakeMedusaDrafter(Device& device, const ModelConfig& config,
                                               std::shared_ptr<const Weight> model_head,
                                               const MedusaDrafterOptions& options);

}  // namespace jupiter

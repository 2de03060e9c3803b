// Draft heads from a file, or made up.
#pragma once

#include <memory>
#include <string>

#include "model/checkpoint/mapped_file.h"
#include "model/loaders/medusa_layout.h"

namespace jupiter {

struct MedusaFile {
  MedusaLayout layout;
  // Tensors by the names of the layout, without prefix; its config is the model's.
  std::unique_ptr<Checkpoint> tensors;
};

// Opens heads for a model: a safetensors file, a folder with medusa_lm_head.safetensors, or
// "synthetic:<heads>[:own][:<type>][:seed=<n>]" (seeded weights, for measurements and tests). A
// config.json beside the file may say medusa_num_heads and medusa_num_layers; the file may have
// more heads than that (published ones do), but no fewer. Throws UserError: one line with the path.
MedusaFile OpenMedusa(const std::string& path, const ModelConfig& config);

// The same of bytes that are already mapped, without a config.json.
MedusaFile LoadMedusa(std::shared_ptr<const MappedFile> file, const ModelConfig& config);

}  // namespace jupiter

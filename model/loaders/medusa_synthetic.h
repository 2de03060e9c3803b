// Draft heads that need no file.
#pragma once

#include <string>

#include "model/config/config.h"
#include "model/loaders/medusa_file.h"

namespace jupiter {

// The "synthetic:..." of OpenMedusa. Throws UserError.
MedusaFile MakeSyntheticMedusa(const std::string& name, const ModelConfig& config);

}  // namespace jupiter

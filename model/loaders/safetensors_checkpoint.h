// Models of Hugging Face directories.
#pragma once

#include <memory>
#include <string>

#include "model/checkpoint/checkpoint.h"

namespace jupiter {

// Throws UserError.
std::unique_ptr<Checkpoint> OpenSafetensors(const std::string& directory);

}  // namespace jupiter

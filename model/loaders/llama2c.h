// Models of llama2.c's files.
#pragma once

#include <memory>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/mapped_file.h"

namespace jupiter {

// Of bytes that are already mapped, or made in memory. Throws UserError.
std::unique_ptr<Checkpoint> LoadLlama2c(std::shared_ptr<const MappedFile> file);

}  // namespace jupiter

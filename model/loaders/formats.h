// The single-file loaders over bytes that are already mapped (or made in memory by tests and
// fuzzers). All throw UserError.
#pragma once

#include <memory>

#include "model/loaders/checkpoint.h"
#include "model/loaders/mapped_file.h"

namespace jupiter {

std::unique_ptr<Checkpoint> LoadGguf(std::shared_ptr<const MappedFile> file);
std::unique_ptr<Checkpoint> LoadLlama2c(std::shared_ptr<const MappedFile> file);

// True when the file begins like GGUF.
bool LooksLikeGguf(const MappedFile& file);

}  // namespace jupiter

// Models of llama.cpp's GGUF files.
#pragma once

#include <memory>
#include <string>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/mapped_file.h"

namespace jupiter {

// Throws UserError.
std::unique_ptr<Checkpoint> OpenGguf(const std::string& path);
// The same of bytes that are already mapped, or made in memory.
std::unique_ptr<Checkpoint> LoadGguf(std::shared_ptr<const MappedFile> file);

// True when the file begins like GGUF.
bool LooksLikeGguf(const MappedFile& file);

}  // namespace jupiter

// Opens a model, whatever its format.
#pragma once

#include <memory>
#include <string>

#include "model/checkpoint/checkpoint.h"

namespace jupiter {

// Opens by what `model` names: "synthetic:...", a directory (Hugging Face), or a file whose first
// bytes say GGUF, else llama2.c. Throws UserError: one line with the path and what is wrong.
std::unique_ptr<Checkpoint> OpenCheckpoint(const std::string& model);
// Whether that is a file of llama2.c, which holds no tokenizer, while the others may.
bool IsLlama2c(const std::string& model);

}  // namespace jupiter

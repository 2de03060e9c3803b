// Opens a tokenizer, whatever its format.
#pragma once

#include <memory>
#include <string>

#include "model/tokenizers/tokenizer.h"

namespace jupiter {

// Opens by content: a GGUF file, tokenizer.json, tok*.bin of llama2.c, a Hugging Face directory
// (its tokenizer.json), or "synthetic:..." (bytes; ids 0-2 are controls, byte b is id b + 3).
// Throws UserError: one line with the path and what is wrong or unsupported.
std::unique_ptr<Tokenizer> OpenTokenizer(const std::string& path);

}  // namespace jupiter

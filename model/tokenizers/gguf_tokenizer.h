// The vocabulary inside a GGUF file: keys tokenizer.ggml.* of the GGUF specification.
#pragma once

#include <memory>

#include "model/tokenizers/tokenizer.h"

namespace jupiter {

class GgufFile;

// tokenizer.ggml.model "llama" (sentencepiece-style, scores) or "gpt2" (byte-level BPE, merges; the
// pre-tokeniser by tokenizer.ggml.pre). Throws UserError naming the file.
std::unique_ptr<Tokenizer> OpenGgufTokenizer(const GgufFile& gguf);

}  // namespace jupiter

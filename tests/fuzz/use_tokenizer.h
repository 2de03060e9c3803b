// What every fuzz target of tokenizers does with a vocabulary that was accepted.
#pragma once

#include <algorithm>
#include <string_view>

#include "model/tokenizers/tokenizer.h"
#include "model/tokenizers/utf8_stream.h"

namespace jupiter {

// Encodes and decodes; every id must be one of the vocabulary.
inline void UseTokenizer(const Tokenizer& tokenizer, std::string_view text) {
  for (std::int32_t id : tokenizer.EncodePrompt(text)) {
    if (id < 0 || id >= tokenizer.vocab_size()) __builtin_trap();
  }
  Utf8Stream stream;
  for (std::int32_t id = -1; id <= std::min(tokenizer.vocab_size(), 1000); ++id) {
    stream.Push(tokenizer.Piece(id, id % 2 == 0));
  }
  stream.Finish();
}

}  // namespace jupiter

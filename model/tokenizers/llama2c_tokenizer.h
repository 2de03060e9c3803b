// tok*.bin of llama2.c: int32 length of the longest token, then for every token f32 score, int32
// length and its bytes, little endian, up to the end of the file.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model/tokenizers/tokenizer.h"

namespace jupiter {

// BOS is 1, EOS is 2, byte tokens are 3 to 258, a space is a plain space. `path` names the bytes in
// messages. Throws UserError.
std::unique_ptr<Tokenizer> OpenLlama2cTokenizer(const std::string& path, std::string_view bytes);

}  // namespace jupiter

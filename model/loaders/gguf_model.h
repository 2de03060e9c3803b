// What the keys and tensor names of a GGUF language model mean.
#pragma once

#include <string>

#include "model/config/config.h"
#include "model/loaders/gguf_file.h"

namespace jupiter {

// Throws UserError for an architecture or an option that is not supported, and for a missing key.
ModelConfig ReadGgufConfig(const GgufFile& gguf);

// "layers.3.wq" -> "blk.3.attn_q.weight".
std::string GgufTensorName(const std::string& canonical_name);

// Null when the file has no such tensor.
const GgufTensor* FindGgufTensor(const GgufFile& gguf, const std::string& name);

}  // namespace jupiter

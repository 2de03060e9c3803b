// What config.json and the tensor names of a Hugging Face model mean.
#pragma once

#include <string>
#include <string_view>

#include "model/config/config.h"

namespace jupiter {

// `text` is that of config.json at `path`; `name` is for reports. Throws UserError for an
// architecture or an option that is not supported, and for a missing key.
ModelConfig ReadHfConfig(std::string_view text, const std::string& path, std::string name);

// "layers.3.wq" -> "model.layers.3.self_attn.q_proj.weight".
std::string HfTensorName(const std::string& canonical_name);

}  // namespace jupiter

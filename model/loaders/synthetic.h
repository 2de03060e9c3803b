// Models that need no file.
#pragma once

#include <memory>
#include <string>

#include "model/checkpoint/checkpoint.h"

namespace jupiter {

// synthetic:<shape>[:<dtype>][:seed=<n>], seeded weights. Shapes: tiny, tinyllama-1.1b, llama2-7b,
// llama2-13b, llama2-70b, llama3-8b, qwen2-1.5b. dtype (default f16; tiny: f32) is that of the
// matrices; norms and biases are f32. Throws UserError.
std::unique_ptr<Checkpoint> OpenSynthetic(const std::string& name);

}  // namespace jupiter

// What the normalizer and the pre_tokenizer of a tokenizer.json amount to.
#pragma once

#include <string>

#include "model/tokenizers/hf_json.h"
#include "model/tokenizers/pre_tokenizer.h"
#include "model/tokenizers/spm_tokenizer.h"

namespace jupiter {

struct HfPipeline {
  bool byte_level = false;                  // else sentencepiece-style
  WordRule rule = WordRule::kGpt2;          // byte-level
  SpacePrefix prefix = SpacePrefix::kNone;  // sentencepiece-style
};

// Throws UserError naming the step that is not supported.
HfPipeline ReadHfPipeline(const std::string& path, const HfJson& root);

}  // namespace jupiter

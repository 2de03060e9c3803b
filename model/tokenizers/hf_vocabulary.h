// The vocabulary and the special tokens of a tokenizer.json.
#pragma once

#include <string>

#include "model/tokenizers/hf_json.h"
#include "model/tokenizers/vocabulary.h"

namespace jupiter {

// model.vocab and added_tokens of the root. With `byte_tokens`, "<0xHH>" is a byte and unk_token
// stands for what the vocabulary lacks. Ids that no token has are kUnused. Throws UserError.
Vocabulary ReadHfVocabulary(const std::string& path, const HfJson& root, bool byte_tokens);

// BOS from the template of the post_processor, else from the config (null when there is none); EOS
// from the config. Marks both as controls. Throws UserError when one is not in the vocabulary.
SpecialTokens ReadHfSpecial(const std::string& path, const HfJson& root,
                            const std::string& config_path, const HfJson& config,
                            Vocabulary& vocabulary);

}  // namespace jupiter

// Token ids of prompts that are made of text and control tokens.
#pragma once

#include <cstdint>
#include <vector>

#include "model/outline/prompt_template.h"
#include "model/tokenizers/tokenizer.h"

namespace jupiter {

// The ids of a whole prompt: BOS where the vocabulary wants it (and the prompt does not begin with
// it), then part by part. Text at the very beginning is encoded as a text of its own, text after a
// control token as a continuation. Throws UserError when the vocabulary lacks a control token.
std::vector<std::int32_t> EncodePrompt(const Tokenizer& tokenizer, const Prompt& prompt);

// The ids of what follows a prompt: no BOS, no space in front.
std::vector<std::int32_t> EncodeSuffix(const Tokenizer& tokenizer, const Prompt& suffix);

}  // namespace jupiter

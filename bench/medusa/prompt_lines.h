// Many prompts from one file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/config/config.h"
#include "model/tokenizers/tokenizer.h"

namespace jupiter {

using PromptIds = std::vector<std::int32_t>;

// One prompt per line of text; blank lines are left out. Throws UserError with the line for a
// prompt of more than `most` tokens, and for ids outside the vocabulary.
std::vector<PromptIds> ReadPromptLines(const std::string& path, const Tokenizer& tokenizer,
                                       const ModelConfig& config, int most);

struct PromptSets {
  std::vector<PromptIds> training;
  std::vector<PromptIds> held_out;
};

// Every tenth prompt is held out, the first one included. A single prompt is in both sets.
PromptSets SplitPrompts(const std::vector<PromptIds>& prompts);

}  // namespace jupiter

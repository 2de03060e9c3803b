// The tokenizer of a run, and what it must fit.
#pragma once

#include <memory>

#include "bench/flags/flags.h"
#include "model/config/config.h"
#include "model/tokenizers/tokenizer.h"

namespace jupiter {

// That of --tokenizer, or the model's own. Throws UserError when there is none, or it has more
// tokens than the model.
std::unique_ptr<Tokenizer> OpenRunTokenizer(const EngineFlags& flags, const ModelConfig& config);

// What a tokenizer is for.
struct TokenizerUse {
  bool texts = true;  // come in or go out, and not ids alone
  bool ends = true;   // which token ends a text
};

// As OpenRunTokenizer where texts come in or go out. Where only ends are asked for: nothing, and a
// note on stderr, when the model has none. Nothing where it is for nothing.
std::unique_ptr<Tokenizer> OpenTokenizerFor(const EngineFlags& flags, const ModelConfig& config,
                                            const TokenizerUse& use);

}  // namespace jupiter

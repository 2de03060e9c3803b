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

// Where ids come in and go out, which needs none, but only a tokenizer can say which token ends a
// text: nothing, and a note on stderr, when the model has none.
std::unique_ptr<Tokenizer> OpenTokenizerIfAny(const EngineFlags& flags, const ModelConfig& config);

}  // namespace jupiter

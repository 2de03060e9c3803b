// tokenizer.json of Hugging Face (the serialisation of the tokenizers library), model type BPE:
// byte-level (GPT-2, Llama 3, Qwen2), or sentencepiece-style with byte fallback (Llama 2, Mistral,
// TinyLlama).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/tokenizers/tokenizer.h"

namespace jupiter {

// A text and the path that names it in messages.
struct NamedText {
  std::string path;
  std::string_view text;
};

// `config` is the tokenizer_config.json next to it: it names BOS and EOS. Throws UserError, by name
// for whatever is not supported. NFC of Qwen2 is not applied: published prompts are composed
// already, GGUF engines do the same, and the tables would outweigh the tokenizer.
std::unique_ptr<Tokenizer> OpenHfTokenizer(const NamedText& tokenizer,
                                           const std::optional<NamedText>& config);

}  // namespace jupiter

#include "bench/flags/run_tokenizer.h"

#include <cstdio>

#include "kernels/base/check.h"
#include "model/loaders/open_checkpoint.h"
#include "model/tokenizers/open_tokenizer.h"

namespace jupiter {
namespace {

std::unique_ptr<Tokenizer> OwnTokenizer(const EngineFlags& flags) {
  if (!flags.tokenizer.empty()) return OpenTokenizer(flags.tokenizer);
  if (IsLlama2c(flags.model)) {
    FailUser("{}: a llama2.c model has its tokenizer in another file; give --tokenizer tok*.bin",
             flags.model);
  }
  try {
    return OpenTokenizer(flags.model);
  } catch (const UserError& error) {
    FailUser("{} (the model was taken for its tokenizer; --tokenizer FILE names another)",
             error.what());
  }
}

// A vocabulary may be smaller than the model's, which is often padded, but never larger.
void CheckVocabulary(const Tokenizer& tokenizer, const EngineFlags& flags,
                     const ModelConfig& config) {
  if (tokenizer.vocab_size() <= config.vocab) return;
  FailUser("{}: the tokenizer has {} tokens, the model {} has {}; give the model's own tokenizer",
           flags.tokenizer.empty() ? flags.model : flags.tokenizer, tokenizer.vocab_size(),
           config.name, config.vocab);
}

}  // namespace

std::unique_ptr<Tokenizer> OpenRunTokenizer(const EngineFlags& flags, const ModelConfig& config) {
  std::unique_ptr<Tokenizer> tokenizer = OwnTokenizer(flags);
  CheckVocabulary(*tokenizer, flags, config);
  return tokenizer;
}

std::unique_ptr<Tokenizer> OpenTokenizerFor(const EngineFlags& flags, const ModelConfig& config,
                                            const TokenizerUse& use) {
  if (use.texts || !flags.tokenizer.empty()) return OpenRunTokenizer(flags, config);
  if (!use.ends) return nullptr;
  std::unique_ptr<Tokenizer> tokenizer;
  try {
    tokenizer = OwnTokenizer(flags);
  } catch (const UserError& error) {
    fmt::print(stderr, "note: no token ends the answer before --n-gen: {}\n", error.what());
    return nullptr;
  }
  CheckVocabulary(*tokenizer, flags, config);
  return tokenizer;
}

}  // namespace jupiter

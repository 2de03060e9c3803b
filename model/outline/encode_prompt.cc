#include "model/outline/encode_prompt.h"

#include "kernels/base/check.h"

namespace jupiter {
namespace {

std::vector<std::int32_t> EncodePart(const Tokenizer& tokenizer, const PromptPart& part,
                                     bool continues) {
  if (!part.control) {
    return continues ? tokenizer.EncodeContinuation(part.text) : tokenizer.Encode(part.text);
  }
  const std::optional<std::int32_t> id = tokenizer.FindSpecial(part.text);
  if (!id) {
    FailUser(
        "the tokenizer has no control token {}, which the prompts of this chat format need; choose "
        "the format of the model, or edit the templates",
        part.text);
  }
  return {*id};
}

std::vector<std::int32_t> EncodeParts(const Tokenizer& tokenizer, const Prompt& prompt,
                                      bool continues) {
  std::vector<std::int32_t> ids;
  for (const PromptPart& part : prompt) {
    const std::vector<std::int32_t> more = EncodePart(tokenizer, part, continues);
    ids.insert(ids.end(), more.begin(), more.end());
    continues = true;
  }
  return ids;
}

}  // namespace

std::vector<std::int32_t> EncodePrompt(const Tokenizer& tokenizer, const Prompt& prompt) {
  std::vector<std::int32_t> ids = EncodeParts(tokenizer, prompt, false);
  const std::optional<std::int32_t> bos = tokenizer.adds_bos() ? tokenizer.bos() : std::nullopt;
  if (bos && (ids.empty() || ids.front() != *bos)) ids.insert(ids.begin(), *bos);
  return ids;
}

std::vector<std::int32_t> EncodeSuffix(const Tokenizer& tokenizer, const Prompt& suffix) {
  return EncodeParts(tokenizer, suffix, true);
}

}  // namespace jupiter

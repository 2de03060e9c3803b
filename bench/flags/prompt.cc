#include "bench/flags/prompt.h"

#include <optional>

#include "bench/flags/flags.h"
#include "bench/flags/text_file.h"
#include "kernels/base/check.h"
#include "kernels/base/rng.h"

namespace jupiter {
namespace {

std::string ReadText(const std::string& path) {
  const std::optional<std::string> text = ReadTextFile(path);
  if (!text) FailUser("--prompt-file {}: cannot be read", path);
  return *text;
}

void CheckOneIsGiven(const PromptFlags& flags) {
  const int given = !flags.text.empty() + !flags.file.empty() + !flags.ids.empty();
  if (given == 0) FailUser("the prompt is empty; give --prompt, --prompt-file or --prompt-ids");
  if (given > 1) FailUser("give only one of --prompt, --prompt-file and --prompt-ids");
}

std::vector<std::int32_t> Tokenize(const PromptFlags& flags, const Tokenizer* tokenizer) {
  if (!flags.ids.empty()) return ParseList("--prompt-ids", flags.ids);
  const std::string text = ReadPromptText(flags);
  JUPITER_CHECK(tokenizer != nullptr);
  return tokenizer->EncodePrompt(text);
}

}  // namespace

std::string ReadPromptText(const PromptFlags& flags) {
  CheckOneIsGiven(flags);
  JUPITER_CHECK(flags.ids.empty());
  std::string text = flags.file.empty() ? flags.text : ReadText(flags.file);
  if (text.empty()) FailUser("the prompt is empty; give some text with --prompt or --prompt-file");
  return text;
}

std::vector<std::int32_t> ReadPrompt(const PromptFlags& flags, const Tokenizer* tokenizer,
                                     const ModelConfig& config) {
  CheckOneIsGiven(flags);
  std::vector<std::int32_t> ids = Tokenize(flags, tokenizer);
  CheckIds(ids, config, "the prompt");
  return ids;
}

void CheckIds(const std::vector<std::int32_t>& ids, const ModelConfig& config,
              const std::string& place) {
  for (std::int32_t id : ids) {
    if (id >= 0 && id < config.vocab) continue;
    FailUser(
        "{}: token id {} is outside the vocabulary of {} (0 to {}); does the tokenizer belong to "
        "this model?",
        place, id, config.name, config.vocab - 1);
  }
}

std::vector<std::int32_t> RandomPrompt(const ModelConfig& config, int count, std::uint64_t seed) {
  // Low ids are controls in most vocabularies.
  const std::int32_t first = config.vocab > 64 ? 16 : 0;
  const CounterRng rng(seed);
  std::vector<std::int32_t> ids;
  for (int i = 0; i < count; ++i) {
    const auto draw = static_cast<std::int32_t>(rng.Bits(static_cast<std::uint64_t>(i)) >> 34);
    ids.push_back(first + draw % (config.vocab - first));
  }
  return ids;
}

}  // namespace jupiter

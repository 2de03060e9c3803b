#include "bench/medusa/prompt_lines.h"

#include <algorithm>
#include <optional>
#include <sstream>

#include "bench/flags/text_file.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

void CheckPromptIds(const PromptIds& ids, const std::string& place, const ModelConfig& config,
                    int most) {
  if (std::ssize(ids) > most) {
    FailUser("{}: the prompt has {} tokens, expected {} at most, what texts leave of the context",
             place, ids.size(), most);
  }
  const auto outside = std::find_if(ids.begin(), ids.end(),
                                    [&](std::int32_t id) { return id < 0 || id >= config.vocab; });
  if (outside == ids.end()) return;
  FailUser(
      "{}: token id {} is outside the vocabulary of {} (0 to {}); does the tokenizer belong to "
      "this model?",
      place, *outside, config.name, config.vocab - 1);
}

}  // namespace

std::vector<PromptIds> ReadPromptLines(const std::string& path, const Tokenizer& tokenizer,
                                       const ModelConfig& config, int most) {
  const std::optional<std::string> text = ReadTextFile(path);
  if (!text) FailUser("--prompts {}: cannot be read", path);
  std::istringstream lines(*text);
  std::vector<PromptIds> prompts;
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    prompts.push_back(tokenizer.EncodePrompt(line));
    CheckPromptIds(prompts.back(), fmt::format("--prompts {}: line {}", path, number), config,
                   most);
  }
  if (prompts.empty()) FailUser("--prompts {}: no prompts, expected one per line", path);
  return prompts;
}

PromptSets SplitPrompts(const std::vector<PromptIds>& prompts) {
  constexpr std::size_t kEvery = 10;
  if (prompts.size() == 1) return {prompts, prompts};
  PromptSets sets;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    (i % kEvery == 0 ? sets.held_out : sets.training).push_back(prompts[i]);
  }
  return sets;
}

}  // namespace jupiter

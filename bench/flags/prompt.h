// Where a prompt comes from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/config/config.h"
#include "model/tokenizers/tokenizer.h"

namespace jupiter {

struct PromptFlags {
  std::string text;
  std::string file;
  std::string ids;  // comma-separated
};

// The one text that was given. Throws UserError when none or several were given, or it is empty;
// ids are no text (CHECKed).
std::string ReadPromptText(const PromptFlags& flags);

// The ids of the one prompt that was given. `tokenizer` may be null when ids were given. Throws
// UserError when none or several were given, it is empty, or an id is outside the vocabulary.
std::vector<std::int32_t> ReadPrompt(const PromptFlags& flags, const Tokenizer* tokenizer,
                                     const ModelConfig& config);

// Throws UserError, with the place in front, for an id outside the vocabulary.
void CheckIds(const std::vector<std::int32_t>& ids, const ModelConfig& config,
              const std::string& place);

// A prompt of `count` ids, seeded, the same on every machine: for measurements.
std::vector<std::int32_t> RandomPrompt(const ModelConfig& config, int count, std::uint64_t seed);

}  // namespace jupiter

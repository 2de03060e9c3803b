// --requests: a file of independent requests, one JSON object per line.
//
//   {"prompt": "Once upon a time"}
//   {"id": "b", "prompt_ids": [1, 403, 407], "tokens": 64}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/config/config.h"
#include "model/tokenizers/tokenizer.h"

namespace jupiter {

struct TextRequest {
  std::string id;      // as given; without one its position among the requests, from 1
  std::string prompt;  // empty when ids were given
  std::vector<std::int32_t> prompt_ids;
  std::optional<int> tokens;  // to generate at most; else as --n-gen says
  int line = 0;               // of the file, from 1
};

// At least one. Throws UserError "FILE: line L: ..." for what is no such object, unknown keys, both
// or neither of prompt and prompt_ids, empty ones, and ids that stand twice; blank lines are
// skipped.
std::vector<TextRequest> ParseRequests(const std::string& text, const std::string& source);
std::vector<TextRequest> ReadRequests(const std::string& path);

// The ids of a request's prompt. `tokenizer` may be null when ids were given. Throws UserError for
// ids outside the vocabulary, and when a text must be tokenised without a tokenizer.
std::vector<std::int32_t> PromptIds(const TextRequest& request, const std::string& source,
                                    const Tokenizer* tokenizer, const ModelConfig& config);

}  // namespace jupiter

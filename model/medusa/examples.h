// Training examples of draft heads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/medusa/text_maker.h"

namespace jupiter {

struct Examples {
  int heads = 0;
  int hidden = 0;
  std::vector<float> rows;  // [count, hidden]: what the heads look at
  // [heads][count]: what each should say; -1 after a text's end.
  std::vector<std::vector<std::int32_t>> targets;

  std::int64_t count() const { return hidden == 0 ? 0 : std::ssize(rows) / hidden; }
};

// Adds one example per greedy position of the text that has a token for the first head and is
// `novel` (see SeenText), so that a phrase which the model often repeats has no more weight than
// others.
void AddExamples(const Text& text, const std::vector<bool>& novel, Examples& examples);

}  // namespace jupiter

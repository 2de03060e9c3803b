// The published test vectors of a vocabulary.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jupiter {

struct Vectors {
  std::vector<std::string> texts;
  std::vector<std::vector<std::int32_t>> ids;  // of each text, without BOS
};

// Reads VOCABULARY.inp (texts, a line of __ggml_vocab_test__ between them) and VOCABULARY.out (a
// line of ids per text).
Vectors ReadVectors(const std::string& vocabulary);

}  // namespace jupiter

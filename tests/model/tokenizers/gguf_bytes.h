// Writes the metadata of a GGUF file, for tests of vocabularies.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace jupiter {

using GgufEntry = std::variant<bool, std::uint32_t, std::string, std::vector<std::string>,
                               std::vector<float>, std::vector<std::int32_t>>;

// Keys below "tokenizer.ggml.", which is put in front.
using GgufEntries = std::map<std::string, GgufEntry>;

// A GGUF version 3 file with these keys and no tensors.
std::string GgufBytes(const GgufEntries& entries);

}  // namespace jupiter

// The tensor types of GGUF files.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kernels/base/dtype.h"

namespace jupiter {

struct GgufType {
  std::uint32_t number;
  std::string_view name;
  int block_elements;
  int block_bytes;
  std::optional<DType> dtype;  // nothing: known by name only
};

// Null for a number that the specification does not name.
const GgufType* FindGgufType(std::uint32_t number);

}  // namespace jupiter

// The shapes that `synthetic:` names.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/base/dtype.h"
#include "model/config/config.h"

namespace jupiter {

struct SyntheticWeights {
  DType dtype = DType::kF16;  // of the matrices
  std::uint64_t seed = 0;
};

struct SyntheticName {
  ModelConfig config;
  SyntheticWeights weights;
};

// Parses "synthetic:<shape>[:<dtype>][:seed=<n>]". Throws UserError with the choices.
SyntheticName ParseSyntheticName(const std::string& name);

// Parses the end of a synthetic name of any kind, "[<type>][:seed=<n>]" cut at the colons. `form`
// is that of the whole name, for messages. Throws UserError.
SyntheticWeights ParseSyntheticWeights(const std::string& name,
                                       std::span<const std::string_view> parts, DType default_type,
                                       std::string_view form);
std::vector<std::string_view> SplitAtColons(std::string_view text);

}  // namespace jupiter

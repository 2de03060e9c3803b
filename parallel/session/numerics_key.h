// Which function a plan computes, to the last bit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernels/base/dtype.h"
#include "planning/plan/plan.h"

namespace jupiter {

// How the sums of a strategy with shares differ from those of one process; empty where they do not.
std::string SumsKey(const Plan& plan, const std::string& strategy);

// See Session::numerics_key. `fingerprint`: of the model, see FingerprintModel.
std::string NumericsKey(std::uint64_t fingerprint, std::optional<DType> quantise, const Plan& plan);

}  // namespace jupiter

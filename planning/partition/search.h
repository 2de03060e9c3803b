// What the searches (dynamic programs) of this folder share.
#pragma once

#include <cstddef>
#include <limits>

namespace jupiter {

// The time of what cannot be done.
inline constexpr double kNever = std::numeric_limits<double>::infinity();

// Devices, layers and heads count in int; vectors of them are indexed with this.
inline std::size_t Index(int i) { return static_cast<std::size_t>(i); }

}  // namespace jupiter

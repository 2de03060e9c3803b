// Numbers of a model description, narrowed safely.
#pragma once

#include <cstdint>
#include <string>

namespace jupiter {

// Throws UserError unless 1 <= value <= 2^24, more than any width, depth or length of a model.
// `place` says where the number stands: "FILE: key 'x'".
int NarrowCount(const std::string& place, std::int64_t value);

// Throws UserError unless the value is a finite number above 0 (also as a float).
float NarrowPositive(const std::string& place, double value);

}  // namespace jupiter

// Which cards the CUDA code of a build runs on.
#pragma once

#include <string>
#include <string_view>

namespace jupiter {

// A list of CMAKE_CUDA_ARCHITECTURES entries, separated by commas ("87,90", "80-real,86-virtual"),
// serves a card of compute capability major.minor when it holds
//   machine code (plain number or -real) of the same major version and no later minor version,
//   PTX (plain number or -virtual) of no later version, which the driver compiles for the card, or
//   the very number, where it ends in "a" (architecture-specific, "90a")
// (CUDA C++ Programming Guide, "Binary Compatibility" and "PTX Compatibility"). The words "native",
// "all" and "all-major" are taken to serve every card.
bool ServesCapability(std::string_view architectures, int major, int minor);

// "8.7, 9.0" of "87,90-real".
std::string ReadableArchitectures(std::string_view architectures);

}  // namespace jupiter

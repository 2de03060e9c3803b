// A device that makes one mistake on purpose, to show that the checks of a run notice it.
#pragma once

#include <memory>
#include <string>

#include "kernels/device.h"

namespace jupiter {

enum class Fault : std::uint8_t {
  kNone,
  kMask,   // one attention row does not see the first position of its path
  kSlice,  // the keys and values of the first slice are not kept
  kScale,  // one row leaves a matrix product 1 % too large
};

// "mask", "slice", "scale" or "" (none). Throws UserError naming the flag.
Fault ParseFault(const std::string& text);

// Computes on `inner`; the fault happens once, where it can first.
std::unique_ptr<Device> MakeFaultyDevice(std::unique_ptr<Device> inner, Fault fault);

}  // namespace jupiter

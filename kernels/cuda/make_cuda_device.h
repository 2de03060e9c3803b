// The `cuda` device of this machine.
#pragma once

#include <memory>

#include "kernels/device.h"

namespace jupiter {

// `gpu`: the card's index (device_query.h); -1: the first that this build serves. Throws UserError,
// with the reason, where there is none.
std::unique_ptr<Device> MakeCudaDevice(int gpu);

}  // namespace jupiter

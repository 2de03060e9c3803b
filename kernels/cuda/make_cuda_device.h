// The `cuda` device of this machine.
#pragma once

#include <memory>

#include "kernels/device.h"

namespace jupiter {

// On the card that ChooseCard (device_query.h) says.
std::unique_ptr<Device> MakeCudaDevice(const DeviceOptions& options);

}  // namespace jupiter

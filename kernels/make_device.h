// The devices of this build, by name.
#pragma once

#include <memory>
#include <string_view>

#include "kernels/device.h"

namespace jupiter {

// Throws UserError for an unknown name and for a device that this build or machine lacks (and says
// why).
std::unique_ptr<Device> MakeDevice(std::string_view name, const DeviceOptions& options);

}  // namespace jupiter

// Writing of device profiles.
#pragma once

#include <string>
#include <string_view>

#include "planning/testbed/device_profile.h"

namespace jupiter {

// Loading what was saved gives the same profile, to the last digit.
void SaveDeviceProfile(const DeviceProfile& profile, const std::string& path);
std::string ToYaml(const DeviceProfile& profile);
// The map of a profile as text, each line with `indent` before it.
std::string ProfileLines(const DeviceProfile& profile, std::string_view indent);

// Writes a file. Throws UserError when it cannot.
void WriteTextFile(const std::string& path, const std::string& text);

}  // namespace jupiter

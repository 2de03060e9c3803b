// Reading of profiles.
#pragma once

#include <string>

#include "planning/replay/testbed_profile.h"

namespace jupiter {

// Throws UserError "FILE: line L: KEY: ..." for everything that is wrong.
TestbedProfile LoadTestbedProfile(const std::string& path);
// The same from text; `source` names it in errors and is where device profiles are looked for.
TestbedProfile ParseTestbedProfile(const std::string& text, const std::string& source);

// The file of a profile: a path, or the name of a shipped one, in the folders that
// FindDeviceProfile looks in, "profiles" instead of "devices".
std::string FindTestbedProfile(const std::string& name_or_path);

}  // namespace jupiter

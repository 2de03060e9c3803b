// Writing of profiles.
#pragma once

#include <string>

#include "planning/replay/testbed_profile.h"

namespace jupiter {

// Parsing it gives the same profile, to the last digit, without any other file. Where numbers come
// from is left out.
std::string ToYaml(const TestbedProfile& profile);

}  // namespace jupiter

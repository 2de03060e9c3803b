// Profiles made of parts of others.
#pragma once

#include <string>

#include "planning/replay/testbed_profile.h"

namespace jupiter {

// A profile by name or path (see FindTestbedProfile), or a mixture: "NAME,links=NAME,..." takes the
// named parts from others. Throws UserError, also when devices were fitted to steps that yield
// another number of tokens than the decoding says.
TestbedProfile MakeTestbedProfile(const std::string& text);

}  // namespace jupiter

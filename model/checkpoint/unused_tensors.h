// Which tensors a loader may leave out.
#pragma once

#include <string>

namespace jupiter {

// Leaving out a table that the engine computes itself is harmless; leaving out a bias, a norm or an
// expert makes another model. Throws UserError for a name of the second kind.
void RefuseUnused(const std::string& source, const std::string& name_in_file);

}  // namespace jupiter

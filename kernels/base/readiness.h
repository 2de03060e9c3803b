// Whether something that was begun is done. May be asked from any thread, by one at a time, as
// often as one likes; empty: it was done at once.
#pragma once

#include <functional>

namespace jupiter {

using Readiness = std::function<bool()>;

}  // namespace jupiter

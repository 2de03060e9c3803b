// Drafts that stand for any: a chain of so many rows, for runs that compute nothing.
#pragma once

#include <memory>

#include "parallel/decoding/drafter.h"

namespace jupiter {

std::unique_ptr<Drafter> MakeFixedDrafter(int rows);

}  // namespace jupiter

// Drafts of a given shape without content, for runs that compute nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "parallel/decoding/drafter.h"

namespace jupiter {

// A chain of so many rows.
std::unique_ptr<Drafter> MakeFixedDrafter(int rows);
// Trees with these parents, see TokenTree.
std::unique_ptr<Drafter> MakeFixedDrafter(std::vector<std::int32_t> parents);

}  // namespace jupiter

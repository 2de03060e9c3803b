// Shares of synthetic:tiny for 1 to 4 ranks: nobody has the same, some have nothing.
#pragma once

#include "planning/plan/shares.h"

namespace jupiter {

// 4 KV heads, 512 columns in blocks of 32, and rows.
Shares UnevenShares(int ranks);

}  // namespace jupiter

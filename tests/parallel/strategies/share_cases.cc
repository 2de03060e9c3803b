#include "tests/parallel/strategies/share_cases.h"

#include "kernels/base/check.h"

namespace jupiter {

Shares UnevenShares(int ranks) {
  switch (ranks) {
    case 1: return {{4}, {512}, {1}};
    case 2: return {{3, 1}, {480, 32}, {3, 1}};
    case 3: return {{1, 0, 3}, {32, 480, 0}, {2, 0, 5}};
    case 4: return {{0, 1, 2, 1}, {0, 320, 160, 32}, {0, 5, 1, 1}};
    default: JUPITER_FAIL("{} ranks", ranks);
  }
}

}  // namespace jupiter

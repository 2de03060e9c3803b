// Random records and testbeds. All times are whole seconds, so ties abound.
#pragma once

#include <cstdint>

#include "kernels/base/rng.h"
#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"

namespace jupiter {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : rng_(seed) {}
  // In [0, sides).
  int Roll(int sides) {
    return static_cast<int>(rng_.Bits(next_++) % static_cast<std::uint64_t>(sides));
  }

 private:
  CounterRng rng_;
  std::uint64_t next_ = 0;
};

Testbed RandomTestbed(Dice& dice, int ranks);
// No rank waits for ever.
RunRecord RandomRecord(Dice& dice, int ranks, int events);

}  // namespace jupiter

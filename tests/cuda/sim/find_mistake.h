// How tests say that a planted mistake is found.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>

namespace jupiter {

// Of the orders in which the simulated GPU goes on.
inline constexpr std::uint64_t kSeeds = 20;

// Ends the process: with 0 when right(seed) holds for all seeds, and no sanitizer minds.
template <typename Right>
[[noreturn]] void ExitUnlessWrong(Right&& right) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    if (right(seed)) continue;
    std::cerr << "wrong result" << std::endl;
    std::exit(1);
  }
  std::exit(0);
}

// Whether a process ended in another way.
inline bool Fails(int status) { return !(WIFEXITED(status) && WEXITSTATUS(status) == 0); }

}  // namespace jupiter

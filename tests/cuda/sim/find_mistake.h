// How tests say that a planted mistake is found.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>

namespace jupiter {

// Orders in which the simulated GPU goes on. The race detector finds most in any of them,
// and takes long to make its threads.
#if defined(__SANITIZE_THREAD__)
inline constexpr std::uint64_t kSeeds = 5;
// It is blind in a process that was forked after fibers were made: started anew, it sees.
class FreshProcesses : public testing::Environment {
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};
inline testing::Environment* const kFreshProcesses =
    testing::AddGlobalTestEnvironment(new FreshProcesses);
#else
inline constexpr std::uint64_t kSeeds = 20;
#endif

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

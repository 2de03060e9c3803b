// Forced inlining for code that is compiled once per instruction set.
//
// A function that the linker may merge between object files must never be emitted from a file with
// special instruction flags: the program would run it on processors without them. So everything
// these files share is forced inline, or is a template over the type of the instruction set.
#pragma once

#define JUPITER_INLINE inline __attribute__((always_inline))

namespace jupiter::cpu {

template <int i>
struct Index {
  static constexpr int value = i;
};

// Calls f(Index<0>), ..., f(Index<count - 1>). A loop of the compiler's own would be unrolled too
// late for arrays of vectors to become registers. `f` must be a JUPITER_LAMBDA.
template <int count, typename F>
JUPITER_INLINE void Unroll(F&& f) {
  if constexpr (count > 0) {
    Unroll<count - 1>(f);
    f(Index<count - 1>{});
  }
}

}  // namespace jupiter::cpu

// [&](auto i) JUPITER_LAMBDA { ... }
#define JUPITER_LAMBDA __attribute__((always_inline))

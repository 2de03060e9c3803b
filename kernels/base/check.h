// The three kinds of error, never mixed:
//   UserError  a bad flag, file or plan: one line that says what, where, expected, actual, what to
//              try. Programs print it once, from rank 0, and exit with code 2.
//   PeerError  another rank or the network failed: names rank, host, operation, peer, elapsed time.
//   CHECK      a bug of ours. Alive in Release builds.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace jupiter {

class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class PeerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws UserError with a formatted line.
template <typename... Args>
[[noreturn]] void FailUser(fmt::format_string<Args...> format, Args&&... args) {
  throw UserError(fmt::format(format, std::forward<Args>(args)...));
}

// Prints the failed condition with its place and aborts.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line,
                              const std::string& detail);

}  // namespace jupiter

// JUPITER_CHECK(condition) or JUPITER_CHECK(condition, "format {}", value...).
#define JUPITER_CHECK(condition, ...)                                                        \
  do {                                                                                       \
    if (!(condition)) [[unlikely]] {                                                         \
      ::jupiter::CheckFailed(#condition, __FILE__, __LINE__, ::fmt::format("" __VA_ARGS__)); \
    }                                                                                        \
  } while (false)

// JUPITER_FAIL("format {}", value...): where the code must not come.
#define JUPITER_FAIL(...) \
  ::jupiter::CheckFailed("not reached", __FILE__, __LINE__, ::fmt::format(__VA_ARGS__))

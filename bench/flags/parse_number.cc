#include "bench/flags/parse_number.h"

#include <charconv>
#include <limits>
#include <system_error>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// The number, or what is wrong: std::errc() for nothing.
template <typename T>
std::errc ReadNumber(const std::string& text, T& value) {
  const char* const end = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && next != end ? std::errc::invalid_argument : error;
}

template <typename T>
void ParseWhole(const std::string& flag, const std::string& text, T& value) {
  const std::errc error = ReadNumber(text, value);
  if (error == std::errc()) return;
  using Limits = std::numeric_limits<T>;
  if (error == std::errc::result_out_of_range) {
    FailUser("{} {}: expected a whole number from {} to {}", flag, text, Limits::min(),
             Limits::max());
  }
  FailUser("{} {}: expected a whole number{}", flag, text, Limits::is_signed ? "" : " from 0");
}

template <typename T>
void ParseReal(const std::string& flag, const std::string& text, T& value) {
  const std::errc error = ReadNumber(text, value);
  if (error == std::errc()) return;
  FailUser(
      "{} {}: expected a number{}", flag, text,
      error == std::errc::result_out_of_range ? "; this one is too large or too close to 0" : "");
}

}  // namespace

void ParseNumber(const std::string& flag, const std::string& text, int& value) {
  ParseWhole(flag, text, value);
}

void ParseNumber(const std::string& flag, const std::string& text, std::int64_t& value) {
  ParseWhole(flag, text, value);
}

void ParseNumber(const std::string& flag, const std::string& text, std::uint64_t& value) {
  ParseWhole(flag, text, value);
}

void ParseNumber(const std::string& flag, const std::string& text, float& value) {
  ParseReal(flag, text, value);
}

void ParseNumber(const std::string& flag, const std::string& text, double& value) {
  ParseReal(flag, text, value);
}

}  // namespace jupiter

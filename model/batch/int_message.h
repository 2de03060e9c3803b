// Messages of 32-bit integers, little-endian: each list follows its length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace jupiter {

class IntWriter {
 public:
  void Int(std::int64_t value) { values_.push_back(static_cast<std::int32_t>(value)); }
  void Ints(const std::vector<std::int32_t>& values);

  // What was written so far; valid until more is.
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(values_)); }

 private:
  std::vector<std::int32_t> values_;
};

// Reads what another rank wrote, which may be anything: throws PeerError "WHAT ends early" and
// such, to which the caller adds who sent it. `bytes` outlive it.
class IntReader {
 public:
  IntReader(std::span<const std::byte> bytes, std::string what)
      : bytes_(bytes), what_(std::move(what)) {}

  std::int32_t Int();
  // A count of things that take at least `least` integers each, so that it cannot exceed the
  // message.
  std::int32_t Count(std::size_t least = 1);
  std::vector<std::int32_t> Ints();
  void ExpectEnd() const;

  [[noreturn]] void Fail(const std::string& problem) const;

 private:
  std::span<const std::byte> bytes_;
  std::string what_;
};

}  // namespace jupiter

// A cursor over the bytes of a file that never passes their end.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace jupiter {

static_assert(std::endian::native == std::endian::little, "the file formats are little endian");

// Text from a file made fit for one line of an error: quoted, control bytes escaped, cut when long.
std::string Quote(std::string_view text);

class ByteReader {
 public:
  // `path` is for messages and must outlive the reader.
  ByteReader(std::span<const std::byte> bytes, const std::string& path)
      : bytes_(bytes), path_(path) {}

  std::uint64_t position() const { return position_; }
  std::uint64_t left() const { return bytes_.size() - position_; }
  const std::string& path() const { return path_; }

  // Throws UserError ("truncated ...") unless `count` items of `size` bytes are left.
  void Need(std::uint64_t count, std::uint64_t size, std::string_view what) const;

  template <typename T>
  T Read(std::string_view what) {
    Need(1, sizeof(T), what);
    return Take<T>();
  }
  // Read without a check, after Need.
  template <typename T>
  T Take() {
    T value;
    std::memcpy(&value, bytes_.data() + position_, sizeof(T));
    position_ += sizeof(T);
    return value;
  }
  // The next `count` bytes as text, valid while the file is.
  std::string_view Text(std::uint64_t count, std::string_view what);

 private:
  std::span<const std::byte> bytes_;
  const std::string& path_;
  std::uint64_t position_ = 0;
};

}  // namespace jupiter

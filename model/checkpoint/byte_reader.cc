#include "model/checkpoint/byte_reader.h"

#include "kernels/base/check.h"

namespace jupiter {

std::string Quote(std::string_view text) {
  constexpr std::size_t kMostShown = 80;
  std::string quoted = "'";
  for (const char c : text.substr(0, kMostShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + (text.size() > kMostShown ? "...'" : "'");
}

void ByteReader::Need(std::uint64_t count, std::uint64_t size, std::string_view what) const {
  if (count <= left() / size) return;
  FailUser("{}: truncated: {} at byte {} needs {} x {} bytes, but the file ends after {} more",
           path_, what, position_, count, size, left());
}

std::string_view ByteReader::Text(std::uint64_t count, std::string_view what) {
  Need(count, 1, what);
  const auto* start = reinterpret_cast<const char*>(bytes_.data() + position_);
  position_ += count;
  return {start, static_cast<std::size_t>(count)};
}

}  // namespace jupiter

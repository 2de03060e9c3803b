// What ranks send to each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace jupiter {

inline constexpr std::int64_t kMaxMessageBytes = std::int64_t{1} << 30;

// A message under construction, or one that arrived. Owns its buffer; header and payload lie in it.
// Copies share it; each buffer is sent once. A message that arrived may be sent on as it is, even
// while it is still being read.
class Message {
 public:
  Message() = default;
  // An outgoing message with room for both parts; the payload is aligned to 64 bytes and not
  // zeroed.
  Message(std::size_t header_bytes, std::size_t payload_bytes);

  std::span<std::byte> header() const;
  std::span<std::byte> payload() const;

 private:
  friend class Transport;
  struct Buffer;
  std::shared_ptr<Buffer> buffer_;
};

}  // namespace jupiter

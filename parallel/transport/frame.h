// The first bytes of every message on the wire, and what travels ahead of a message that a link
// model holds back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "parallel/transport/link_model.h"
#include "parallel/transport/transport.h"

namespace jupiter {

inline constexpr std::size_t kFrameBytes = 32;
inline constexpr std::size_t kPayloadAlignment = 64;

struct Frame {
  Channel channel = Channel::kControl;
  std::uint64_t sequence = 0;  // of this message among those of its pair and channel
  std::uint64_t header_bytes = 0;
  std::uint64_t payload_bytes = 0;
  bool bare = false;  // the payload was left out: the message ends where it would begin
};

// Where the payload begins: frame, header, and padding to kPayloadAlignment.
constexpr std::size_t PayloadOffset(std::size_t header_bytes) {
  return (kFrameBytes + header_bytes + kPayloadAlignment - 1) / kPayloadAlignment *
         kPayloadAlignment;
}

void WriteFrame(const Frame& frame, std::span<std::byte> wire);
// The frame at the start of a whole message of wire.size() bytes.
Frame ReadFrame(std::span<const std::byte> wire);
// The error in a frame that should be that of message `sequence` on `channel`, or nothing.
std::optional<std::string> FrameError(std::span<const std::byte> wire, Channel channel,
                                      std::uint64_t sequence);

std::string_view Name(Channel channel);

// Of a message that is held back. It has a message of its own, so that the receiver knows the whole
// queue before the first large message is there.
struct WireStamp {
  int channel = 0;
  LinkStamp stamp;
};
// Nothing when the bytes, which another rank wrote, are no stamp.
std::optional<WireStamp> ReadStamp(std::span<const std::byte> wire);

}  // namespace jupiter

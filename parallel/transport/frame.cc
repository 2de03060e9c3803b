#include "parallel/transport/frame.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr std::uint32_t kFrameMagic = 0x5054554a;  // "JUTP"

// As on the wire; every machine of a cluster is little-endian (x86-64, aarch64).
struct WireFrame {
  std::uint32_t magic;
  std::uint8_t channel;
  std::uint8_t bare;
  std::uint8_t reserved[2];
  std::uint64_t sequence;
  std::uint64_t header_bytes;
  std::uint64_t payload_bytes;
};
static_assert(sizeof(WireFrame) == kFrameBytes);
static_assert(std::endian::native == std::endian::little);

WireFrame LoadFrame(std::span<const std::byte> wire) {
  WireFrame frame{};
  std::memcpy(&frame, wire.data(), sizeof(frame));
  return frame;
}

}  // namespace

void WriteFrame(const Frame& frame, std::span<std::byte> wire) {
  JUPITER_CHECK(wire.size() >= kFrameBytes);
  const WireFrame raw = {kFrameMagic,
                         static_cast<std::uint8_t>(frame.channel),
                         static_cast<std::uint8_t>(frame.bare),
                         {0, 0},
                         frame.sequence,
                         frame.header_bytes,
                         frame.payload_bytes};
  std::memcpy(wire.data(), &raw, sizeof(raw));
}

Frame ReadFrame(std::span<const std::byte> wire) {
  const WireFrame raw = LoadFrame(wire);
  return {static_cast<Channel>(raw.channel), raw.sequence, raw.header_bytes, raw.payload_bytes,
          raw.bare != 0};
}

std::optional<std::string> FrameError(std::span<const std::byte> wire, Channel channel,
                                      std::uint64_t sequence) {
  if (wire.size() < kFrameBytes) {
    return fmt::format("it has {} bytes, fewer than its frame of {}", wire.size(), kFrameBytes);
  }
  const WireFrame raw = LoadFrame(wire);
  if (raw.magic != kFrameMagic)
    return fmt::format("it starts with {:#010x}, not {:#010x}", raw.magic, kFrameMagic);
  if (raw.channel != static_cast<std::uint8_t>(channel)) {
    return fmt::format("it names channel {}", raw.channel);
  }
  if (raw.sequence != sequence) {
    return fmt::format("it is message {} of its channel, but {} is due", raw.sequence, sequence);
  }
  if (raw.bare > 1) return fmt::format("it has the unknown mark {}", raw.bare);
  const std::uint64_t travelled = raw.bare != 0 ? 0 : raw.payload_bytes;
  // The first two conditions keep the sum of the third from overflowing.
  if (raw.header_bytes > wire.size() || travelled > wire.size() ||
      PayloadOffset(raw.header_bytes) + travelled != wire.size() ||
      raw.payload_bytes > kMaxMessageBytes ||
      PayloadOffset(raw.header_bytes) + raw.payload_bytes > kMaxMessageBytes) {
    return fmt::format("it claims {} header and {} payload bytes, but {} bytes arrived",
                       raw.header_bytes, raw.payload_bytes, wire.size());
  }
  return std::nullopt;
}

std::optional<WireStamp> ReadStamp(std::span<const std::byte> wire) {
  WireStamp raw;
  if (wire.size() != sizeof(raw)) return std::nullopt;
  std::memcpy(&raw, wire.data(), sizeof(raw));
  const auto [head, seconds, wire_seconds] = raw.stamp;
  const bool finite = std::isfinite(head) && std::isfinite(seconds) && std::isfinite(wire_seconds);
  if (!finite || raw.channel < 0 || raw.channel >= kChannels) return std::nullopt;
  return raw;
}

std::string_view Name(Channel channel) {
  switch (channel) {
    case Channel::kControl: return "control";
    case Channel::kBatch: return "batch";
    case Channel::kCollective: return "collective";
    case Channel::kHeadRows: return "head rows";
    case Channel::kCancel: return "cancel";
  }
  JUPITER_FAIL("channel {}", static_cast<int>(channel));
}

}  // namespace jupiter

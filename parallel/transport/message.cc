#include "parallel/transport/message.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "kernels/base/check.h"
#include "parallel/transport/frame.h"
#include "parallel/transport/message_buffer.h"

namespace jupiter {
namespace {

std::size_t CheckedWireBytes(std::size_t header_bytes, std::size_t payload_bytes) {
  constexpr std::size_t kMost = kMaxMessageBytes;
  JUPITER_CHECK(header_bytes <= kMost && payload_bytes <= kMost &&
                    PayloadOffset(header_bytes) + payload_bytes <= kMost,
                "message of {} header and {} payload bytes", header_bytes, payload_bytes);
  return PayloadOffset(header_bytes) + payload_bytes;
}

}  // namespace

Message::Buffer::Buffer(std::size_t size) : wire_bytes(size) {
  const std::size_t capacity = std::max(PayloadOffset(size), kPayloadAlignment);
  bytes.reset(static_cast<std::byte*>(std::aligned_alloc(kPayloadAlignment, capacity)));
  if (bytes == nullptr) throw std::bad_alloc();
}

Message::Message(std::size_t header_bytes, std::size_t payload_bytes)
    : buffer_(std::make_shared<Buffer>(CheckedWireBytes(header_bytes, payload_bytes))) {
  buffer_->header_bytes = header_bytes;
  buffer_->payload_bytes = payload_bytes;
  // Padding must not carry what lay in this memory before.
  std::memset(buffer_->bytes.get(), 0, PayloadOffset(header_bytes));
}

std::span<std::byte> Message::header() const {
  if (buffer_ == nullptr) return {};
  return buffer_->wire().subspan(kFrameBytes, buffer_->header_bytes);
}

std::span<std::byte> Message::payload() const {
  if (buffer_ == nullptr) return {};
  return buffer_->wire().subspan(PayloadOffset(buffer_->header_bytes), buffer_->payload_bytes);
}

}  // namespace jupiter

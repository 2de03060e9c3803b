// The memory of one message: frame, header, padding and payload in one piece.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>

#include "parallel/transport/message.h"

namespace jupiter {

struct Message::Buffer {
  // Room for `wire_bytes`, not zeroed.
  explicit Buffer(std::size_t wire_bytes);

  std::span<std::byte> wire() const { return {bytes.get(), wire_bytes}; }

  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  std::unique_ptr<std::byte[], Free> bytes;
  std::size_t wire_bytes = 0;
  std::size_t header_bytes = 0;  // known once an arriving message is complete
  std::size_t payload_bytes = 0;
  bool sent = false;
};

}  // namespace jupiter

#include "parallel/strategies/batch_message.h"

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "kernels/base/check.h"
#include "parallel/transport/peer_bytes.h"

namespace jupiter {
namespace {

enum class FrameKind : std::uint32_t { kBatch = 1, kEnd = 2 };

void WriteKind(FrameKind kind, std::span<std::byte> header) {
  const auto number = static_cast<std::uint32_t>(kind);
  std::memcpy(header.data(), &number, sizeof number);
}

void CheckLimits(const Batch& batch, const BatchLimits& limits) {
  if (batch.rows() > limits.rows || batch.head_rows() > limits.head_rows) {
    throw PeerError(fmt::format("{} rows, {} for the head; at most {} and {} were planned",
                                batch.rows(), batch.head_rows(), limits.rows, limits.head_rows));
  }
  for (const SequenceOpening& opening : batch.open) {
    if (opening.capacity <= limits.positions) continue;
    throw PeerError(fmt::format("a sequence of {} positions, at most {} were planned",
                                opening.capacity, limits.positions));
  }
  for (const BatchItem& item : batch.items) {
    for (std::int32_t token : item.tokens) {
      if (token < limits.vocab) continue;
      throw PeerError(fmt::format("token {} of a vocabulary of {}", token, limits.vocab));
    }
  }
}

// The header of a message; what is thrown says only what is wrong.
std::optional<Batch> ParseHeader(std::span<const std::byte> header, const BatchLimits& limits) {
  std::uint32_t kind = 0;
  if (header.size() < sizeof kind) throw PeerError("a batch message has no kind");
  std::memcpy(&kind, header.data(), sizeof kind);
  if (kind == static_cast<std::uint32_t>(FrameKind::kEnd)) return std::nullopt;
  if (kind != static_cast<std::uint32_t>(FrameKind::kBatch)) {
    throw PeerError(fmt::format("a batch message is of unknown kind {}", kind));
  }
  Batch batch = DecodeBatch(header.subspan(sizeof kind));
  CheckLimits(batch, limits);
  return batch;
}

}  // namespace

Message BatchMessage(const Batch& batch, std::size_t payload_bytes) {
  const std::vector<std::byte> encoded = EncodeBatch(batch);
  Message message(sizeof(FrameKind) + encoded.size(), payload_bytes);
  WriteKind(FrameKind::kBatch, message.header());
  std::memcpy(message.header().data() + sizeof(FrameKind), encoded.data(), encoded.size());
  return message;
}

Message EndMessage() {
  Message message(sizeof(FrameKind), 0);
  WriteKind(FrameKind::kEnd, message.header());
  return message;
}

BatchLimits LimitsOf(const StrategyInputs& inputs) {
  const Capacity& capacity = inputs.capacity;
  return {capacity.prompt_rows, capacity.head_rows, capacity.positions,
          inputs.checkpoint.config().vocab};
}

std::optional<Batch> ReadBatch(const Transport& transport, const Message& message, int peer,
                               const BatchLimits& limits) {
  return ParsePeer(transport, peer, "a batch",
                   [&] { return ParseHeader(message.header(), limits); });
}

}  // namespace jupiter

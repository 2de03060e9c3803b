#include "parallel/strategies/batch_message.h"

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

enum class FrameKind : std::uint32_t { kBatch = 1, kEnd = 2 };

void WriteKind(FrameKind kind, std::span<std::byte> header) {
  const auto number = static_cast<std::uint32_t>(kind);
  std::memcpy(header.data(), &number, sizeof number);
}

void CheckPlanned(const Batch& batch, int peer, const StageOptions& planned) {
  if (batch.rows() > planned.max_rows) {
    throw PeerError(fmt::format("rank {} sent a batch of {} rows, at most {} were planned", peer,
                                batch.rows(), planned.max_rows));
  }
  for (const SequenceOpening& opening : batch.open) {
    if (opening.capacity > planned.max_positions) {
      throw PeerError(
          fmt::format("rank {} opens a sequence of {} positions, at most {} were planned", peer,
                      opening.capacity, planned.max_positions));
    }
  }
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

std::optional<Batch> ReadBatch(const Message& message, int peer, const StageOptions& planned) {
  const std::span<const std::byte> header = message.header();
  std::uint32_t kind = 0;
  if (header.size() < sizeof kind) throw PeerError("a batch message has no kind");
  std::memcpy(&kind, header.data(), sizeof kind);
  if (kind == static_cast<std::uint32_t>(FrameKind::kEnd)) return std::nullopt;
  if (kind != static_cast<std::uint32_t>(FrameKind::kBatch)) {
    throw PeerError(fmt::format("a batch message is of unknown kind {}", kind));
  }
  Batch batch = DecodeBatch(header.subspan(sizeof kind));
  CheckPlanned(batch, peer, planned);
  return batch;
}

}  // namespace jupiter

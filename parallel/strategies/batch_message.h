// Batches on their way between ranks: a header with a kind and the encoded batch, and what the
// strategy sends of its rows as payload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "model/batch/batch.h"
#include "parallel/strategies/strategy.h"
#include "parallel/transport/transport.h"

namespace jupiter {

// A message with the batch and room for a payload.
Message BatchMessage(const Batch& batch, std::size_t payload_bytes);
// Says that no batch follows.
Message EndMessage();
// What a stage can take.
struct BatchLimits {
  std::int64_t rows = 0;
  std::int64_t head_rows = 0;
  std::int64_t positions = 0;  // of a sequence
  std::int64_t vocab = 0;
};
BatchLimits LimitsOf(const StrategyInputs& inputs);

// The batch of the last message, which `peer` sent; nothing when it says that no batch follows.
// Throws PeerError for anything else, and for a batch beyond the limits.
std::optional<Batch> ReadBatch(const Transport& transport, const Message& message, int peer,
                               const BatchLimits& limits);

}  // namespace jupiter

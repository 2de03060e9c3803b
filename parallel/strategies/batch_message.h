// Batches on their way between ranks: a header with a kind and the encoded batch, and what the
// strategy sends of its rows as payload.
#pragma once

#include <cstddef>
#include <optional>

#include "model/batch/batch.h"
#include "model/stage/stage.h"
#include "parallel/transport/transport.h"

namespace jupiter {

// A message with the batch and room for a payload.
Message BatchMessage(const Batch& batch, std::size_t payload_bytes);
// Says that no batch follows.
Message EndMessage();
// The batch of a message from `peer`; nothing when it says that no batch follows. Throws PeerError
// for anything else, and for a batch larger than `planned`.
std::optional<Batch> ReadBatch(const Message& message, int peer, const StageOptions& planned);

}  // namespace jupiter

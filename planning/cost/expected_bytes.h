// Bytes of messages by formula, written independently of the code that sends: tests compare
// counters with it.
#pragma once

#include <cstdint>

#include "kernels/base/dtype.h"

namespace jupiter {

// What travels of one message: frame, header and padding; and the payload.
struct MessageBytes {
  std::int64_t header = 0;
  std::int64_t payload = 0;
  std::int64_t total() const { return header + payload; }
};

// Hidden rows of one causal block of one sequence to the next stage. `opens`: it is the first of
// its sequence. `head_rows`: rows that need logits.
MessageBytes HiddenMessage(std::int64_t rows, std::int64_t hidden, DType wire, bool opens,
                           std::int64_t head_rows);
// The same block without its rows: where every rank embeds for itself.
MessageBytes AnnouncedBlock(std::int64_t rows, bool opens, std::int64_t head_rows);
// A batch that opens a sequence and has no rows.
MessageBytes OpeningMessage();
// Says that no batch follows.
MessageBytes LastMessage();
// A token from the head to the source.
MessageBytes TokenMessage();
// A piece of a collective.
MessageBytes PieceMessage(std::int64_t payload);

}  // namespace jupiter

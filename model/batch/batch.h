// The one unit of work of every strategy: rows of tokens of some sequences.
//
// Prefill slices, single-token decoding, tree verification and outline points are all batches. A
// batch also opens and closes sequences and settles earlier provisional rows, so a rank that takes
// batches in order needs no other message to keep its KV caches right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace jupiter {

// Makes room for a sequence of at most `capacity` rows of its own. With a parent, it continues the
// parent's committed rows (shared, read-only from then on).
struct SequenceOpening {
  std::int32_t sequence = 0;
  std::int32_t capacity = 0;
  std::int32_t parent = -1;  // a sequence, or none
};

struct BatchItem {
  std::int32_t sequence = 0;
  // Settles provisional items of the sequence first: these rows, in path order, become context.
  // Rows are counted over all provisional items, from the first row of the oldest one. The other
  // rows of the items up to the one with the last accepted row are dropped.
  std::vector<std::int32_t> accept;
  std::vector<std::int32_t> tokens;  // [rows]
  // Empty: row i follows row i-1 and row 0 follows the context. Otherwise a tree: parents[i] < i,
  // and -1 follows the context.
  std::vector<std::int32_t> parents;
  // The rows become context only when a later item accepts them. Trees are always provisional.
  bool provisional = false;
  // Below 0: all provisional items that are not settled are dropped. Otherwise the item goes on
  // from this row of the newest of them, which takes the place of the context in `parents`. Such an
  // item is provisional.
  std::int32_t follows = -1;
  std::vector<std::int32_t> head_rows;  // rows whose logits are needed, ascending
};

// What a batch is part of.
enum class BatchPhase : std::int32_t { kPrompt, kStep };

struct Batch {
  BatchPhase phase = BatchPhase::kPrompt;
  std::vector<SequenceOpening> open;  // before the items
  std::vector<BatchItem> items;       // at most one per sequence
  std::vector<std::int32_t> close;    // after the items
  // Nobody needs the results of its rows: stages settle, open and close sequences and keep places
  // for the rows, and compute nothing. Only batches of steps, and only of provisional items.
  bool dropped = false;

  std::int64_t rows() const;
  std::int64_t head_rows() const;
};

// The rows of a batch as one causal chain that continues `sequence`; the last row needs the head if
// `head`.
Batch CausalBatch(std::int32_t sequence, std::span<const std::int32_t> tokens, bool head,
                  BatchPhase phase = BatchPhase::kPrompt);

// The batch as bytes (little-endian int32) and back. Decode throws PeerError when the bytes are not
// a batch: they come from another rank. It says what is wrong; who sent them the caller knows (see
// parallel/transport/peer_bytes.h).
std::vector<std::byte> EncodeBatch(const Batch& batch);
Batch DecodeBatch(std::span<const std::byte> bytes);

}  // namespace jupiter

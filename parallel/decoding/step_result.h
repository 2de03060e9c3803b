// What the head tells the source about an item of a batch.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/base/check.h"
#include "model/batch/batch.h"
#include "parallel/decoding/fill_tree.h"
#include "parallel/transport/transport.h"

namespace jupiter {

struct StepResult {
  // The accepted rows of a provisional item, in path order. None where the item went on from a row
  // that was not accepted, or from a token that the target does not have there.
  std::vector<std::int32_t> rows;
  std::vector<std::int32_t> tokens;          // new ones: the target's after each accepted row
  std::vector<std::uint64_t> logits_hashes;  // per token
  Candidates candidates;                     // for the tokens after them
};

// What the source knows of an item that it sent, beside the target's answer.
struct AskedItem {
  std::int32_t rows = 0;  // that may be accepted: those of a provisional item
  bool follows = false;   // another item, so nothing may come of it
};

// Of the batch's items that need the head, in order.
std::vector<AskedItem> AskedItems(const Batch& batch);

// The results of a batch, an item each, as a message and back. Read throws PeerError when the bytes
// are no results for the items, or no tokens of the vocabulary: they come from another rank.
Message ToMessage(const std::vector<StepResult>& results);
// What the head says of a sequence whose next tokens it cannot tell: why, in one line.
class SequenceError : public UserError {
 public:
  SequenceError(std::int32_t sequence, const std::string& line)
      : UserError(line), sequence_(sequence) {}
  std::int32_t sequence() const { return sequence_; }

 private:
  std::int32_t sequence_;
};
// In place of results: Read throws this error.
Message ToMessage(const SequenceError& error);
std::vector<StepResult> ReadStepResults(const Transport& transport, const Message& message,
                                        int peer, const std::vector<AskedItem>& items,
                                        std::int32_t vocab);

}  // namespace jupiter

#include "parallel/decoding/cancels.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "kernels/base/check.h"
#include "model/batch/token_tree.h"

namespace jupiter {
namespace {

struct Word {
  std::int32_t sequence = -1;  // -1: no cancellation follows
  std::int32_t item = -1;
};

}  // namespace

void CancelSender::Tell(const Batch& batch, const std::vector<StepResult>& results) {
  if (ranks_.empty()) return;
  for (const SequenceOpening& opening : batch.open) items_[opening.sequence] = 0;
  std::size_t judged = 0;
  for (const BatchItem& item : batch.items) {
    if (item.head_rows.empty()) continue;
    const std::vector<std::int32_t>& rows = results[judged++].rows;
    const std::int32_t index = items_[item.sequence]++;
    // A stale item was cancelled when it became stale.
    if (!item.provisional || batch.dropped) continue;
    if (rows.empty() || rows.back() != GuessedRow(item)) Send(item.sequence, index);
  }
  for (std::int32_t sequence : batch.close) items_.erase(sequence);
}

void CancelSender::End() { Send(-1, -1); }

void CancelSender::Send(std::int32_t sequence, std::int32_t item) {
  const Word word{sequence, item};
  for (int rank : ranks_) {
    Message message(sizeof word, 0);
    std::memcpy(message.header().data(), &word, sizeof word);
    transport_.Send(rank, Channel::kCancel, std::move(message));
  }
}

void CancelReceiver::Take(const Message& message) {
  Word word;
  if (message.header().size() != sizeof word) {
    transport_.FailPeer(head_, "a cancellation",
                        fmt::format("{} bytes, expected {}", message.header().size(), sizeof word));
  }
  std::memcpy(&word, message.header().data(), sizeof word);
  stale_.Cancel(word.sequence, word.item);
  ended_ = word.sequence < 0;
}

bool CancelReceiver::Drops(const Batch& batch) {
  while (const std::optional<Message> message = transport_.TryReceive(head_, Channel::kCancel)) {
    Take(*message);
  }
  return stale_.Pass(batch);
}

void CancelReceiver::End() {
  while (!ended_) Take(transport_.Receive(head_, Channel::kCancel, "the last cancellation"));
}

}  // namespace jupiter

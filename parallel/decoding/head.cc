#include "parallel/decoding/head.h"

#include <algorithm>

#include "kernels/base/check.h"
#include "model/sampling/logits_hash.h"

namespace jupiter {
namespace {

std::uint64_t HashOf(const JudgedItem& judged, std::size_t row) {
  return HashLogits(judged.logits.subspan(row * judged.vocab, judged.vocab));
}

}  // namespace

bool Head::Drops(const Batch& batch) const {
  const auto stale = [&](const BatchItem& item) {
    const auto found = sequences_.find(item.sequence);
    return item.follows >= 0 && found != sequences_.end() && found->second.last_row != item.follows;
  };
  return !batch.items.empty() && std::all_of(batch.items.begin(), batch.items.end(), stale);
}

std::vector<StepResult> Head::Take(const Batch& batch, ConstTensorView logits,
                                   ConstTensorView rows) {
  if (batch.dropped) return TakeDropped(batch);
  const auto vocab = static_cast<std::size_t>(logits.columns);
  host_.resize(static_cast<std::size_t>(logits.rows) * vocab);
  device_.Export(logits, HostView(host_.data(), logits.rows, logits.columns));
  for (const SequenceOpening& opening : batch.open) sequences_[opening.sequence] = {};
  std::vector<StepResult> results;
  std::int64_t first = 0;
  for (const BatchItem& item : batch.items) {
    const std::int64_t count = std::ssize(item.head_rows);
    if (count == 0) continue;
    const auto begin = static_cast<std::size_t>(first) * vocab;
    const JudgedItem judged{
        item, std::span(host_).subspan(begin, static_cast<std::size_t>(count) * vocab), vocab};
    try {
      StepResult result = TakeItem(judged, sequences_[item.sequence]);
      result.candidates = Propose(result, rows.rows == 0 ? rows : rows.Rows(first, count));
      results.push_back(std::move(result));
    } catch (const UserError& error) {
      throw SequenceError(item.sequence, error.what());
    }
    first += count;
  }
  for (std::int32_t sequence : batch.close) sequences_.erase(sequence);
  return results;
}

std::vector<StepResult> Head::TakeDropped(const Batch& batch) {
  std::vector<StepResult> results;
  for (const BatchItem& item : batch.items) {
    sequences_[item.sequence].last_row = -1;  // nothing goes on from it
    results.emplace_back();
  }
  for (std::int32_t sequence : batch.close) sequences_.erase(sequence);
  return results;
}

StepResult Head::TakeItem(const JudgedItem& judged, Sequence& sequence) {
  const BatchItem& item = judged.item;
  if (item.follows >= 0) return TakeFollowing(judged, sequence);
  StepResult result;
  if (item.provisional) {
    const TokenTree tree{item.tokens, item.parents};
    Acceptance accepted = judge_.Path(judged, tree, sequence.tokens);
    result.rows = std::move(accepted.rows);
    result.tokens = std::move(accepted.tokens);
    for (std::int32_t row : result.rows) {
      result.logits_hashes.push_back(HashOf(judged, static_cast<std::size_t>(row)));
    }
    sequence.last_row = result.rows.back();
  } else {
    result.tokens = {judge_.Token(judged, sequence.tokens)};
    result.logits_hashes = {HashOf(judged, 0)};
    sequence.last_row = -1;
  }
  sequence.tokens += std::ssize(result.tokens);
  sequence.last_token = result.tokens.back();
  return result;
}

StepResult Head::TakeFollowing(const JudgedItem& judged, Sequence& sequence) {
  StepResult result;
  const bool goes_on = sequence.last_row == judged.item.follows;
  sequence.last_row = -1;
  if (!goes_on) return result;
  // At the root the target is the known token; rows of the tree come after it.
  const std::int32_t known = sequence.last_token;
  const Acceptance accepted =
      judge_.PathFrom(judged, BehindRoot(judged.item), known, sequence.tokens);
  for (std::size_t i = 1; i < accepted.rows.size(); ++i) {
    const std::int32_t row = accepted.rows[i] - 1;
    result.rows.push_back(row);
    result.tokens.push_back(accepted.tokens[i]);
    result.logits_hashes.push_back(HashOf(judged, static_cast<std::size_t>(row)));
  }
  if (result.rows.empty()) return result;
  sequence.tokens += std::ssize(result.tokens);
  sequence.last_row = result.rows.back();
  sequence.last_token = result.tokens.back();
  return result;
}

Candidates Head::Propose(const StepResult& result, ConstTensorView rows) const {
  if (drafter_ == nullptr || result.tokens.empty()) return {};
  const std::int64_t row = result.rows.empty() ? 0 : result.rows.back();
  return drafter_->Propose(rows.Rows(row, 1));
}

}  // namespace jupiter

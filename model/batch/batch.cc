#include "model/batch/batch.h"

#include <algorithm>
#include <limits>
#include <set>

#include "kernels/base/check.h"
#include "model/batch/int_message.h"

namespace jupiter {
namespace {

constexpr const char* kWhat = "a batch message";
// Written in place of the phase: steps that are dropped.
constexpr std::int32_t kDroppedStep = 2;

void Check(bool right, const char* problem, std::int64_t number) {
  if (!right) throw PeerError(fmt::format("{} has {} {}", kWhat, problem, number));
}

// Rows of an item, each once and in order.
void CheckRows(const std::vector<std::int32_t>& rows, std::int64_t most, const char* problem) {
  std::int32_t least = 0;
  for (std::int32_t row : rows) {
    Check(row >= least && row < most, problem, row);
    least = row + 1;
  }
}

void CheckParents(const BatchItem& item) {
  if (item.parents.empty()) return;
  Check(item.parents.size() == item.tokens.size(),
        "another number of parents than rows:", std::ssize(item.parents));
  Check(item.provisional, "a tree that commits its rows, of sequence", item.sequence);
  for (std::size_t row = 0; row < item.parents.size(); ++row) {
    const std::int32_t parent = item.parents[row];
    Check(parent >= -1 && parent < static_cast<std::int64_t>(row), "a wrong parent", parent);
  }
}

SequenceOpening ReadOpening(IntReader& reader) {
  SequenceOpening opening;
  opening.sequence = reader.Int();
  opening.capacity = reader.Int();
  opening.parent = reader.Int();
  Check(opening.sequence >= 0, "a negative sequence", opening.sequence);
  Check(opening.capacity >= 0, "a negative capacity", opening.capacity);
  Check(opening.parent >= -1 && opening.parent != opening.sequence, "a wrong parent sequence",
        opening.parent);
  return opening;
}

BatchItem ReadItem(IntReader& reader) {
  BatchItem item;
  item.sequence = reader.Int();
  item.accept = reader.Ints();
  item.tokens = reader.Ints();
  item.parents = reader.Ints();
  const std::int32_t provisional = reader.Int();
  Check(provisional >= 0, "a provisional flag of", provisional);
  item.provisional = provisional > 0;
  item.follows = std::max(provisional - 2, -1);
  item.head_rows = reader.Ints();
  Check(item.sequence >= 0, "a negative sequence", item.sequence);
  // Only the ranks that hold the sequence know which rows wait to be accepted.
  CheckRows(item.accept, std::numeric_limits<std::int32_t>::max(), "a wrong accepted row");
  for (std::int32_t token : item.tokens) Check(token >= 0, "a negative token", token);
  CheckParents(item);
  CheckRows(item.head_rows, std::ssize(item.tokens), "a wrong head row");
  return item;
}

// Rows of a dropped batch must not become context.
void CheckDropped(const Batch& batch) {
  if (!batch.dropped) return;
  Check(batch.open.empty(), "dropped rows, and openings:", std::ssize(batch.open));
  for (const BatchItem& item : batch.items) {
    Check(item.provisional, "dropped rows that are context, of sequence", item.sequence);
  }
}

void CheckOneItemEach(const std::vector<BatchItem>& items) {
  std::set<std::int32_t> seen;
  for (const BatchItem& item : items) {
    Check(seen.insert(item.sequence).second, "two items of sequence", item.sequence);
  }
}

}  // namespace

std::int64_t Batch::rows() const {
  std::int64_t rows = 0;
  for (const BatchItem& item : items) rows += std::ssize(item.tokens);
  return rows;
}

std::int64_t Batch::head_rows() const {
  std::int64_t rows = 0;
  for (const BatchItem& item : items) rows += std::ssize(item.head_rows);
  return rows;
}

Batch CausalBatch(std::int32_t sequence, std::span<const std::int32_t> tokens, bool head,
                  BatchPhase phase) {
  BatchItem item;
  item.sequence = sequence;
  item.tokens.assign(tokens.begin(), tokens.end());
  if (head) item.head_rows = {static_cast<std::int32_t>(tokens.size()) - 1};
  Batch batch;
  batch.phase = phase;
  batch.items.push_back(std::move(item));
  return batch;
}

std::vector<std::byte> EncodeBatch(const Batch& batch) {
  IntWriter writer;
  writer.Int(batch.dropped ? kDroppedStep : static_cast<std::int32_t>(batch.phase));
  writer.Int(std::ssize(batch.open));
  for (const SequenceOpening& opening : batch.open) {
    writer.Int(opening.sequence);
    writer.Int(opening.capacity);
    writer.Int(opening.parent);
  }
  writer.Int(std::ssize(batch.items));
  for (const BatchItem& item : batch.items) {
    writer.Int(item.sequence);
    writer.Ints(item.accept);
    writer.Ints(item.tokens);
    writer.Ints(item.parents);
    // 0: the item is not provisional; 1: it goes on from the context; 2 and more: from row 0 and
    // more of another item.
    writer.Int(item.provisional ? item.follows + 2 : 0);
    writer.Ints(item.head_rows);
  }
  writer.Ints(batch.close);
  return {writer.bytes().begin(), writer.bytes().end()};
}

Batch DecodeBatch(std::span<const std::byte> bytes) {
  IntReader reader(bytes, kWhat);
  Batch batch;
  const std::int32_t phase = reader.Int();
  Check(phase >= 0 && phase <= kDroppedStep, "an unknown phase,", phase);
  batch.dropped = phase == kDroppedStep;
  batch.phase = batch.dropped ? BatchPhase::kStep : static_cast<BatchPhase>(phase);
  const std::int32_t openings = reader.Count(3);
  for (std::int32_t i = 0; i < openings; ++i) batch.open.push_back(ReadOpening(reader));
  const std::int32_t items = reader.Count(6);
  for (std::int32_t i = 0; i < items; ++i) batch.items.push_back(ReadItem(reader));
  CheckOneItemEach(batch.items);
  CheckDropped(batch);
  batch.close = reader.Ints();
  reader.ExpectEnd();
  return batch;
}

}  // namespace jupiter

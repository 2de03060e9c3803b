// Batches survive their message; bytes that are no batch are refused, whatever they are.
#include "model/batch/batch.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"

namespace jupiter {
namespace {

using Ints = std::vector<std::int32_t>;

std::vector<std::byte> ToBytes(const Ints& ints) {
  std::vector<std::byte> bytes(ints.size() * sizeof(std::int32_t));
  if (!ints.empty()) std::memcpy(bytes.data(), ints.data(), bytes.size());
  return bytes;
}

Ints ToInts(const std::vector<std::byte>& bytes) {
  Ints ints(bytes.size() / sizeof(std::int32_t));
  std::memcpy(ints.data(), bytes.data(), bytes.size());
  return ints;
}

// Everything a batch can hold, once.
Batch FullBatch() {
  Batch batch;
  batch.phase = BatchPhase::kStep;
  batch.open = {{3, 40, -1}, {4, 10, 3}};
  BatchItem chain;
  chain.sequence = 3;
  chain.tokens = {7, 8, 9};
  chain.head_rows = {2};
  BatchItem tree;
  tree.sequence = 5;
  tree.accept = {0, 2};
  tree.tokens = {1, 2, 3, 4};
  tree.parents = {-1, 0, 0, 2};
  tree.provisional = true;
  tree.follows = 4;
  tree.head_rows = {0, 1, 3};
  BatchItem settle;
  settle.sequence = 6;
  settle.accept = {1};
  batch.items = {chain, tree, settle};
  batch.close = {8, 9};
  return batch;
}

void ExpectSame(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.phase, b.phase);
  ASSERT_EQ(a.open.size(), b.open.size());
  for (std::size_t i = 0; i < a.open.size(); ++i) {
    EXPECT_EQ(a.open[i].sequence, b.open[i].sequence);
    EXPECT_EQ(a.open[i].capacity, b.open[i].capacity);
    EXPECT_EQ(a.open[i].parent, b.open[i].parent);
  }
  ASSERT_EQ(a.items.size(), b.items.size());
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    EXPECT_EQ(a.items[i].sequence, b.items[i].sequence);
    EXPECT_EQ(a.items[i].accept, b.items[i].accept);
    EXPECT_EQ(a.items[i].tokens, b.items[i].tokens);
    EXPECT_EQ(a.items[i].parents, b.items[i].parents);
    EXPECT_EQ(a.items[i].provisional, b.items[i].provisional);
    EXPECT_EQ(a.items[i].follows, b.items[i].follows);
    EXPECT_EQ(a.items[i].head_rows, b.items[i].head_rows);
  }
  EXPECT_EQ(a.close, b.close);
}

// Message of one item with the given parts and no openings or closings.
std::vector<std::byte> ItemMessage(const BatchItem& item) {
  Batch batch;
  batch.items = {item};
  return EncodeBatch(batch);
}

BatchItem Tree() { return FullBatch().items[1]; }

void ExpectRefused(const std::vector<std::byte>& bytes, const std::string& what) {
  EXPECT_THROW(DecodeBatch(bytes), PeerError) << what;
}

TEST(BatchTest, RoundTrip) {
  ExpectSame(DecodeBatch(EncodeBatch(FullBatch())), FullBatch());
  ExpectSame(DecodeBatch(EncodeBatch(Batch())), Batch());
}

TEST(BatchTest, RefusesAPhaseThatThereIsNot) {
  Ints ints = ToInts(EncodeBatch(FullBatch()));
  EXPECT_EQ(ints[0], 1);
  for (std::int32_t phase : {-1, 2}) {
    ints[0] = phase;
    ExpectRefused(ToBytes(ints), fmt::format("phase {}", phase));
  }
}

TEST(BatchTest, CountsRows) {
  EXPECT_EQ(FullBatch().rows(), 7);
  EXPECT_EQ(FullBatch().head_rows(), 4);
  EXPECT_EQ(Batch().rows(), 0);
}

TEST(BatchTest, CausalBatchNeedsTheHeadForItsLastRow) {
  const Ints tokens = {5, 6, 7};
  const Batch with = CausalBatch(2, tokens, true);
  ASSERT_EQ(with.items.size(), 1u);
  EXPECT_EQ(with.items[0].sequence, 2);
  EXPECT_EQ(with.items[0].tokens, tokens);
  EXPECT_EQ(with.items[0].head_rows, Ints{2});
  EXPECT_FALSE(with.items[0].provisional);
  EXPECT_EQ(CausalBatch(2, tokens, false).head_rows(), 0);
}

TEST(BatchTest, RefusesEveryTruncationAndBytesBehindTheEnd) {
  const std::vector<std::byte> whole = EncodeBatch(FullBatch());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ExpectRefused({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)},
                  fmt::format("{} of {} bytes", size, whole.size()));
  }
  for (std::size_t more = 1; more <= 8; ++more) {
    std::vector<std::byte> longer = whole;
    longer.resize(whole.size() + more);
    ExpectRefused(longer, fmt::format("{} bytes more", more));
  }
}

TEST(BatchTest, RefusesAbsurdCounts) {
  for (std::int32_t count : {-1, 1, 1 << 20, std::numeric_limits<std::int32_t>::max(),
                             std::numeric_limits<std::int32_t>::min()}) {
    ExpectRefused(ToBytes({count}), fmt::format("{} openings", count));
    ExpectRefused(ToBytes({0, count, 0}), fmt::format("{} items", count));
    ExpectRefused(ToBytes({0, 0, count}), fmt::format("{} closings", count));
    ExpectRefused(ToBytes({0, 1, 0, count, 0, 0, 0, 0}), fmt::format("{} accepted", count));
    ExpectRefused(ToBytes({0, 1, 0, 0, count, 0, 0, 0}), fmt::format("{} tokens", count));
  }
}

TEST(BatchTest, RefusesParentsThatAreNoTree) {
  for (const Ints& parents :
       {Ints{0, 0, 0, 2}, Ints{-1, 1, 0, 2}, Ints{-1, 2, 0, 2}, Ints{-2, 0, 0, 2},
        Ints{-1, 0, 0, 4}, Ints{-1, 0, 0}, Ints{-1, 0, 0, 2, 1}, Ints{-1}}) {
    BatchItem item = Tree();
    item.parents = parents;
    ExpectRefused(ItemMessage(item), fmt::format("parents {}", fmt::join(parents, " ")));
  }
  BatchItem committed = Tree();
  committed.provisional = false;
  ExpectRefused(ItemMessage(committed), "a tree that is not provisional");
}

TEST(BatchTest, RefusesRowsThatAreNotThere) {
  for (const Ints& rows : {Ints{4}, Ints{-1}, Ints{0, 0}, Ints{2, 1}, Ints{0, 1, 2, 3, 4}}) {
    BatchItem item = Tree();
    item.head_rows = rows;
    ExpectRefused(ItemMessage(item), fmt::format("head rows {}", fmt::join(rows, " ")));
  }
  for (const Ints& rows : {Ints{-1}, Ints{1, 1}, Ints{2, 0}}) {
    BatchItem item = Tree();
    item.accept = rows;
    ExpectRefused(ItemMessage(item), fmt::format("accept {}", fmt::join(rows, " ")));
  }
}

TEST(BatchTest, RefusesNumbersThatNoBatchHas) {
  BatchItem item = Tree();
  item.tokens[1] = -1;
  ExpectRefused(ItemMessage(item), "a negative token");
  item = Tree();
  item.sequence = -1;
  ExpectRefused(ItemMessage(item), "a negative sequence");
  Batch twice;
  twice.items = {Tree(), Tree()};
  ExpectRefused(EncodeBatch(twice), "two items of one sequence");
  Batch opening;
  for (const SequenceOpening& wrong : {SequenceOpening{1, -1, -1}, SequenceOpening{-1, 4, -1},
                                       SequenceOpening{1, 4, -2}, SequenceOpening{1, 4, 1}}) {
    opening.open = {wrong};
    ExpectRefused(EncodeBatch(opening), fmt::format("opening {} of {} rows after {}",
                                                    wrong.sequence, wrong.capacity, wrong.parent));
  }
}

TEST(BatchTest, OnlyStepsThatNothingIsKeptOfAreDropped) {
  Batch batch;
  batch.phase = BatchPhase::kStep;
  batch.items = {Tree()};
  batch.close = {4};
  batch.dropped = true;
  const Batch read = DecodeBatch(EncodeBatch(batch));
  EXPECT_TRUE(read.dropped);
  ExpectSame(read, batch);
  batch.open = {{3, 40, -1}};
  ExpectRefused(EncodeBatch(batch), "dropped rows of a sequence that opens");
  batch.open = {};
  BatchItem kept;
  kept.sequence = 9;
  kept.tokens = {1};
  batch.items.push_back(kept);
  ExpectRefused(EncodeBatch(batch), "dropped rows that become context");
}

// What is accepted is a batch: it has these very bytes.
TEST(BatchTest, AcceptsOnlyWhatItWouldWriteItself) {
  const Ints valid = ToInts(EncodeBatch(FullBatch()));
  const Ints values = {-2,
                       -1,
                       0,
                       1,
                       2,
                       3,
                       5,
                       100,
                       1 << 24,
                       std::numeric_limits<int>::max(),
                       std::numeric_limits<int>::min()};
  int accepted = 0;
  for (std::size_t place = 0; place < valid.size(); ++place) {
    for (std::int32_t value : values) {
      Ints changed = valid;
      changed[place] = value;
      try {
        EXPECT_EQ(EncodeBatch(DecodeBatch(ToBytes(changed))), ToBytes(changed)) << place;
        ++accepted;
      } catch (const PeerError&) {
      }
    }
  }
  EXPECT_GT(accepted, 50);  // tokens, sequences and the like may have many values
}

TEST(BatchTest, RandomBytesNeverCrash) {
  const CounterRng rng(3);
  std::uint64_t at = 0;
  for (int round = 0; round < 5000; ++round) {
    std::vector<std::byte> bytes(rng.Bits(at++) % 80);
    // Mostly small numbers: these get furthest.
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (i % 4 == 0 || rng.Bits(at) % 16 == 0) bytes[i] = static_cast<std::byte>(rng.Bits(at) % 4);
      ++at;
    }
    try {
      EXPECT_EQ(EncodeBatch(DecodeBatch(bytes)), bytes);
    } catch (const PeerError&) {
    }
  }
}

}  // namespace
}  // namespace jupiter

#include "parallel/decoding/stale_items.h"

#include <gtest/gtest.h>

#include "model/batch/token_tree.h"

namespace jupiter {
namespace {

Batch PromptBatch(std::int32_t sequence) {
  Batch batch = CausalBatch(sequence, std::vector<std::int32_t>{1, 2}, true);
  batch.open = {{sequence, 40, -1}};
  return batch;
}

BatchItem TreeOf(std::int32_t sequence, std::int32_t follows) {
  BatchItem item = ToItem(sequence, {{5, 6}, {-1, 0}});
  item.follows = follows;
  return item;
}

Batch StepBatch(std::vector<BatchItem> items) {
  Batch batch;
  batch.phase = BatchPhase::kStep;
  batch.items = std::move(items);
  return batch;
}

class StaleItemsTest : public testing::Test {
 protected:
  bool Pass(std::vector<BatchItem> items) { return stale_.Pass(StepBatch(std::move(items))); }

  StaleItems stale_;
};

TEST_F(StaleItemsTest, WhatGoesOnFromAWrongGuessUntilAFreshTree) {
  EXPECT_FALSE(stale_.Pass(PromptBatch(0)));  // item 0
  EXPECT_FALSE(Pass({TreeOf(0, -1)}));        // 1
  EXPECT_FALSE(Pass({TreeOf(0, 1)}));         // 2
  stale_.Cancel(0, 1);
  EXPECT_TRUE(Pass({TreeOf(0, 1)}));    // 3
  EXPECT_TRUE(Pass({TreeOf(0, 1)}));    // 4
  EXPECT_FALSE(Pass({TreeOf(0, -1)}));  // 5
  EXPECT_FALSE(Pass({TreeOf(0, 1)}));   // 6
  stale_.Cancel(0, 6);
  EXPECT_TRUE(Pass({TreeOf(0, 1)}));
}

TEST_F(StaleItemsTest, LateWordOfAnEarlierChainChangesNothing) {
  stale_.Pass(PromptBatch(0));
  Pass({TreeOf(0, -1)});  // 1
  Pass({TreeOf(0, -1)});  // 2
  stale_.Cancel(0, 1);
  EXPECT_FALSE(Pass({TreeOf(0, 1)}));
}

TEST_F(StaleItemsTest, SequencesCountApart) {
  stale_.Pass(PromptBatch(0));
  stale_.Pass(PromptBatch(7));
  Pass({TreeOf(0, -1), TreeOf(7, -1)});
  stale_.Cancel(7, 1);
  EXPECT_FALSE(Pass({TreeOf(0, 1), TreeOf(7, 1)}));  // one of them is needed
  EXPECT_TRUE(Pass({TreeOf(7, 1)}));
  stale_.Cancel(0, 1);
  EXPECT_TRUE(Pass({TreeOf(0, 1), TreeOf(7, 1)}));
}

TEST_F(StaleItemsTest, NothingIsKnownOfSequencesThatAreClosed) {
  stale_.Pass(PromptBatch(0));
  Pass({TreeOf(0, -1)});
  Batch last = StepBatch({TreeOf(0, 1)});
  last.close = {0};
  EXPECT_FALSE(stale_.Pass(last));
  stale_.Cancel(0, 1);
  stale_.Pass(PromptBatch(0));
  Pass({TreeOf(0, -1)});
  EXPECT_FALSE(Pass({TreeOf(0, 1)}));
}

TEST_F(StaleItemsTest, RowsWithoutTheHeadAreNoItems) {
  stale_.Pass(PromptBatch(0));
  stale_.Pass(StepBatch({CausalBatch(0, std::vector<std::int32_t>{3}, false).items.front()}));
  Pass({TreeOf(0, -1)});
  stale_.Cancel(0, 1);
  EXPECT_TRUE(Pass({TreeOf(0, 1)}));
  EXPECT_FALSE(stale_.Pass(StepBatch({})));
}

}  // namespace
}  // namespace jupiter

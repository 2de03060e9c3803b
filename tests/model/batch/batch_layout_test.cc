// Positions, slots and paths of batches, against what the definition of a path says.
#include "model/batch/batch_layout.h"

#include <gtest/gtest.h>

#include "kernels/make_device.h"
#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

// (cache, slot) of each position on a row's path, in logical order.
using Path = std::vector<std::pair<const KvCache*, std::int32_t>>;

Path PathOf(const BatchLayout& layout, std::int64_t row) {
  Path path;
  for (const KvRun& run : layout.paths.Row(row)) {
    for (std::int32_t i = 0; i < run.count; ++i) {
      path.emplace_back(layout.segments[static_cast<std::size_t>(run.segment)], run.begin + i);
    }
  }
  return path;
}

Path Slots(const KvCache* cache, const Ids& slots) {
  Path path;
  for (std::int32_t slot : slots) path.emplace_back(cache, slot);
  return path;
}

Path operator+(Path a, const Path& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class BatchLayoutTest : public testing::Test {
 protected:
  const KvCache* Open(std::int32_t sequence, std::int32_t capacity, std::int32_t parent = -1) {
    std::shared_ptr<const KvCache> before;
    if (parent >= 0) before = caches_.at(parent);
    caches_[sequence] =
        std::make_shared<KvCache>(*device_, KvShape{1, 4, DType::kF32}, capacity, before);
    return caches_[sequence].get();
  }
  BatchLayout Lay(const std::vector<BatchItem>& items) {
    Batch batch;
    batch.items = items;
    return LayOut(*device_, batch, caches_);
  }

  std::unique_ptr<Device> device_ = MakeDevice("cpu", {});
  KvCaches caches_;
};

TEST_F(BatchLayoutTest, ChainFollowsTheContext) {
  const KvCache* cache = Open(0, 8);
  Lay({Item(0, {1, 2})});
  const BatchLayout layout = Lay({Item(0, {3, 4, 5})});
  EXPECT_EQ(layout.rows(), 3);
  EXPECT_EQ(layout.tokens, (Ids{3, 4, 5}));
  EXPECT_EQ(layout.positions, (Ids{2, 3, 4}));
  ASSERT_EQ(layout.items.size(), 1u);
  EXPECT_EQ(layout.items[0].slots, (Ids{2, 3, 4}));
  EXPECT_EQ(PathOf(layout, 0), Slots(cache, {0, 1, 2}));
  EXPECT_EQ(PathOf(layout, 2), Slots(cache, {0, 1, 2, 3, 4}));
  EXPECT_EQ(cache->length(), 5);
}

TEST_F(BatchLayoutTest, SiblingsSeeOnlyTheirAncestors) {
  const KvCache* cache = Open(0, 16);
  Lay({Item(0, {1, 2})});
  //  0 - 1 - 3
  //    \ 2 - 4        and a second root 5
  const BatchLayout layout = Lay({Item(0, {9, 8, 7, 6, 5, 4}, {-1, 0, 0, 1, 2, -1}, true)});
  EXPECT_EQ(layout.positions, (Ids{2, 3, 3, 4, 4, 2}));
  const std::vector<Ids> paths = {{0, 1, 2},       {0, 1, 2, 3},    {0, 1, 2, 4},
                                  {0, 1, 2, 3, 5}, {0, 1, 2, 4, 6}, {0, 1, 7}};
  for (std::size_t row = 0; row < paths.size(); ++row) {
    EXPECT_EQ(PathOf(layout, static_cast<std::int64_t>(row)), Slots(cache, paths[row])) << row;
  }
  EXPECT_EQ(cache->length(), 2);  // nothing is context yet
}

TEST_F(BatchLayoutTest, AcceptedRowsCloseUpAndTheRestIsOverwritten) {
  const KvCache* cache = Open(0, 16);
  Lay({Item(0, {9, 8, 7, 6}, {-1, 0, 0, 2}, true)});
  BatchItem next = Item(0, {5});
  next.accept = {0, 2, 3};
  const BatchLayout layout = Lay({next});
  EXPECT_EQ(layout.positions, Ids{3});
  EXPECT_EQ(layout.items[0].slots, Ids{3});
  EXPECT_EQ(PathOf(layout, 0), Slots(cache, {0, 1, 2, 3}));
  EXPECT_EQ(cache->length(), 4);
}

TEST_F(BatchLayoutTest, ProvisionalRowsThatNobodyAcceptsAreDropped) {
  const KvCache* cache = Open(0, 4);
  Lay({Item(0, {1})});
  // More rows than the capacity would hold if they stayed.
  for (int round = 0; round < 3; ++round) {
    const BatchLayout layout = Lay({Item(0, {2, 3}, {}, true)});
    EXPECT_EQ(layout.items[0].slots, (Ids{1, 2}));
    EXPECT_EQ(layout.positions, (Ids{1, 2}));
  }
  EXPECT_EQ(cache->length(), 1);
}

TEST_F(BatchLayoutTest, ForksShareTheParentsRows) {
  const KvCache* parent = Open(0, 8);
  Lay({Item(0, {1, 2, 3})});
  const KvCache* left = Open(1, 4, 0);
  const KvCache* right = Open(2, 4, 0);
  const BatchLayout layout = Lay({Item(1, {4, 5}), Item(2, {6})});
  EXPECT_EQ(layout.positions, (Ids{3, 4, 3}));
  EXPECT_EQ(layout.items[0].slots, (Ids{0, 1}));
  EXPECT_EQ(layout.items[1].slots, Ids{0});
  EXPECT_EQ(layout.items[1].first_row, 2);
  const Path shared = Slots(parent, {0, 1, 2});
  EXPECT_EQ(PathOf(layout, 1), shared + Slots(left, {0, 1}));
  EXPECT_EQ(PathOf(layout, 2), shared + Slots(right, {0}));
  EXPECT_EQ(layout.segments.size(), 3u);  // the parent's counts once
}

TEST_F(BatchLayoutTest, ForkOfAForkAndATreeBehindIt) {
  const KvCache* root = Open(0, 8);
  Lay({Item(0, {1, 2})});
  const KvCache* middle = Open(1, 8, 0);
  Lay({Item(1, {3})});
  const KvCache* leaf = Open(2, 8, 1);
  const BatchLayout layout = Lay({Item(2, {4, 5, 6}, {-1, -1, 1}, true)});
  EXPECT_EQ(layout.positions, (Ids{3, 3, 4}));
  EXPECT_EQ(PathOf(layout, 2), Slots(root, {0, 1}) + Slots(middle, {0}) + Slots(leaf, {1, 2}));
}

TEST_F(BatchLayoutTest, HeadRowsCountOverTheWholeBatch) {
  Open(0, 8);
  Open(1, 8);
  BatchItem first = Item(0, {1, 2, 3});
  first.head_rows = {1};
  BatchItem second = Item(1, {4, 5});
  second.head_rows = {0, 1};
  EXPECT_EQ(Lay({first, second}).head_rows, (std::vector<std::int64_t>{1, 3, 4}));
}

TEST_F(BatchLayoutTest, ItemsThatOnlySettleHaveNoRows) {
  const KvCache* cache = Open(0, 8);
  Lay({Item(0, {1, 2, 3}, {}, true)});
  BatchItem settle;
  settle.accept = {0, 1};
  EXPECT_EQ(Lay({settle}).rows(), 0);
  EXPECT_EQ(cache->length(), 2);
}

TEST_F(BatchLayoutTest, BytesOfACacheAreThoseOfItsTensors) {
  const KvShape shape{3, 8, DType::kF16};
  EXPECT_EQ(KvCache::Bytes(shape, 5), 3 * 2 * 5 * 8 * 2);
}

using BatchLayoutDeathTest = BatchLayoutTest;

TEST_F(BatchLayoutDeathTest, ChecksItsCaller) {
  Open(0, 2);
  EXPECT_DEATH(Lay({Item(7, {1})}), "sequence 7 is not open");
  EXPECT_DEATH(Lay({Item(0, {1, 2, 3})}), "rows of 2");
  EXPECT_DEATH(Lay({Item(0, {1}, {-1}, false)}), "a tree that commits");
  BatchItem accept = Item(0, {1});
  accept.accept = {0};
  EXPECT_DEATH(Lay({accept}), "row 0 of 0 provisional ones");
  BatchItem follows = Item(0, {1}, {-1}, true);
  follows.follows = 0;
  EXPECT_DEATH(Lay({follows}), "row 0 of a provisional item");
}

}  // namespace
}  // namespace jupiter

// Draft trees, provisional chains and forks give the bits of plain decoding.
#include <gtest/gtest.h>

#include "model/loaders/open_checkpoint.h"
#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

// What plain decoding says of the last tokens of a flat sequence.
std::vector<Floats> Last(const std::vector<Floats>& logits, std::size_t count) {
  return {logits.end() - static_cast<std::ptrdiff_t>(count), logits.end()};
}

class StageTreeTest : public testing::TestWithParam<const char*> {
 protected:
  Ids Some(int count, std::uint64_t seed) const {
    return SomeTokens(OpenCheckpoint(GetParam())->config(), count, seed);
  }
  void Prefill(std::int32_t sequence, const Ids& tokens) {
    stage_.Open(sequence);
    stage_.Run(Item(sequence, tokens));
  }

  TestStage stage_{GetParam()};
  const Ids prompt_ = Some(9, 1);
};

//  0 - 1 - 3
//    \ 2 - 4 - 5      and a second root 6
const Ids kParents = {-1, 0, 0, 1, 2, 4, -1};
const std::vector<Ids> kPaths = {{0}, {0, 1}, {0, 2}, {0, 1, 3}, {0, 2, 4}, {0, 2, 4, 5}, {6}};

Ids Take(const Ids& tokens, const Ids& path) {
  Ids taken;
  for (std::int32_t row : path) taken.push_back(tokens[static_cast<std::size_t>(row)]);
  return taken;
}

TEST_P(StageTreeTest, EveryNodeIsPlainDecodingOfItsPath) {
  Prefill(0, prompt_);
  const Ids drafted = Some(7, 2);
  const std::vector<Floats> tree = stage_.Run(Item(0, drafted, kParents, true));
  for (std::size_t row = 0; row < kPaths.size(); ++row) {
    const std::vector<Floats> plain = stage_.Flat(Joined(prompt_, Take(drafted, kPaths[row])));
    EXPECT_EQ(tree[row], plain.back()) << "row " << row;
  }
}

TEST_P(StageTreeTest, DecodingGoesOnBehindTheAcceptedPath) {
  const Ids drafted = Some(7, 3);
  const Ids next = Some(4, 4);
  for (const Ids& path : {Ids{0, 2, 4, 5}, Ids{0, 1, 3}, Ids{0, 2}, Ids{6}, Ids{}}) {
    Prefill(0, prompt_);
    stage_.Run(Item(0, drafted, kParents, true));
    BatchItem settle = Item(0, Ids(next.begin(), next.begin() + 2));
    settle.accept = path;
    std::vector<Floats> logits = stage_.Run(settle);
    logits.push_back(stage_.Run(Item(0, {next[2]})).front());
    logits.push_back(stage_.Run(Item(0, {next[3]})).front());
    const Ids plain = Joined(Joined(prompt_, Take(drafted, path)), next);
    EXPECT_EQ(logits, Last(stage_.Flat(plain), 4)) << path.size() << " accepted";
  }
}

TEST_P(StageTreeTest, TreesAfterTrees) {
  Prefill(0, prompt_);
  const Ids first = Some(7, 5);
  const Ids second = Some(7, 6);
  stage_.Run(Item(0, first, kParents, true));
  BatchItem item = Item(0, second, kParents, true);
  item.accept = {0, 2, 4};
  const std::vector<Floats> tree = stage_.Run(item);
  const Ids context = Joined(prompt_, Take(first, item.accept));
  for (std::size_t row = 0; row < kPaths.size(); ++row) {
    const std::vector<Floats> plain = stage_.Flat(Joined(context, Take(second, kPaths[row])));
    EXPECT_EQ(tree[row], plain.back()) << "row " << row;
  }
}

TEST_P(StageTreeTest, ProvisionalChainAcceptedInPart) {
  Prefill(0, prompt_);
  const Ids drafted = Some(4, 7);
  const std::vector<Floats> drafted_logits = stage_.Run(Item(0, drafted, {}, true));
  EXPECT_EQ(drafted_logits, Last(stage_.Flat(Joined(prompt_, drafted)), 4));
  BatchItem settle;
  settle.accept = {0, 1};
  stage_.Run(settle);
  const Ids plain = Joined(prompt_, Joined(Take(drafted, {0, 1}), {5}));
  EXPECT_EQ(stage_.Run(Item(0, {5})).back(), stage_.Flat(plain).back());
}

TEST_P(StageTreeTest, ForksAreFlatSequences) {
  Prefill(0, prompt_);
  stage_.Open(1, 0);
  stage_.Open(2, 0);
  const Ids left = Some(5, 8);
  const Ids right = Some(3, 9);
  const std::vector<Floats> plain_left = Last(stage_.Flat(Joined(prompt_, left)), 5);
  const std::vector<Floats> plain_right = Last(stage_.Flat(Joined(prompt_, right)), 3);
  Batch batch;
  batch.items = {Item(1, left), Item(2, Ids(right.begin(), right.begin() + 1))};
  const std::vector<Floats> logits = stage_.Run(batch);
  EXPECT_EQ(Last({logits.begin(), logits.begin() + 5}, 5), plain_left);
  EXPECT_EQ(logits[5], plain_right[0]);
  // The parent may go; its rows stay for those that continue it.
  stage_.Close(0);
  stage_.Close(1);
  EXPECT_EQ(stage_.Run(Item(2, Ids(right.begin() + 1, right.end()))), Last(plain_right, 2));
}

TEST_P(StageTreeTest, ForkOfAForkWithADraftTree) {
  Prefill(0, prompt_);
  stage_.Open(1, 0);
  const Ids middle = Some(3, 10);
  stage_.Run(Item(1, middle));
  stage_.Open(2, 1);
  const Ids drafted = Some(7, 11);
  const std::vector<Floats> tree = stage_.Run(Item(2, drafted, kParents, true));
  const Ids context = Joined(prompt_, middle);
  const Ids path = {0, 2, 4, 5};
  EXPECT_EQ(tree[5], stage_.Flat(Joined(context, Take(drafted, path))).back());
  BatchItem next = Item(2, {6});
  next.accept = path;
  const Ids plain = Joined(context, Joined(Take(drafted, path), {6}));
  EXPECT_EQ(stage_.Run(next).back(), stage_.Flat(plain).back());
}

TEST_P(StageTreeTest, TreeOfOneSequenceBesidePlainDecodingOfAnother) {
  Prefill(0, prompt_);
  const Ids other = Some(6, 12);
  Prefill(1, other);
  const Ids drafted = Some(7, 13);
  Batch batch;
  batch.items = {Item(1, {3}), Item(0, drafted, kParents, true)};
  const std::vector<Floats> logits = stage_.Run(batch);
  EXPECT_EQ(logits[0], stage_.Flat(Joined(other, {3})).back());
  EXPECT_EQ(logits[6], stage_.Flat(Joined(prompt_, Take(drafted, {0, 2, 4, 5}))).back());
}

// Several trees of one sequence on their way: each goes on from a row of the one before.
class FollowingTreesTest : public StageTreeTest {
 protected:
  void Start() {
    Prefill(0, prompt_);
    stage_.Run(Item(0, first_, kParents, true));
    BatchItem second = Item(0, second_, kParents, true);
    second.follows = 5;
    second_logits_ = stage_.Run(second);
  }

  const Ids first_ = Some(7, 20);
  const Ids second_ = Some(7, 21);
  const Ids third_ = Some(7, 22);
  const Ids guess_ = {0, 2, 4, 5};  // the path to row 5
  std::vector<Floats> second_logits_;
};

TEST_P(FollowingTreesTest, RowsSeeThePathThatTheyFollow) {
  Start();
  const Ids context = Joined(prompt_, Take(first_, guess_));
  for (std::size_t row = 0; row < kPaths.size(); ++row) {
    const std::vector<Floats> plain = stage_.Flat(Joined(context, Take(second_, kPaths[row])));
    EXPECT_EQ(second_logits_[row], plain.back()) << "row " << row;
  }
}

TEST_P(FollowingTreesTest, StayWhenTheGuessWasRight) {
  Start();
  BatchItem third = Item(0, third_, kParents, true);
  third.accept = guess_;  // settles the first
  third.follows = 3;      // row 3 of the second
  const std::vector<Floats> logits = stage_.Run(third);
  const Ids behind = Joined(Joined(prompt_, Take(first_, guess_)), Take(second_, {0, 1, 3}));
  for (std::size_t row = 0; row < kPaths.size(); ++row) {
    const std::vector<Floats> plain = stage_.Flat(Joined(behind, Take(third_, kPaths[row])));
    EXPECT_EQ(logits[row], plain.back()) << "row " << row;
  }
  BatchItem settle;
  settle.accept = {0, 1, 3};  // the second
  stage_.Run(settle);
  // An item without rows that follows nothing dropped the third.
  EXPECT_EQ(stage_.Run(Item(0, {7})).back(), stage_.Flat(Joined(behind, {7})).back());
}

TEST_P(FollowingTreesTest, SeveralAreSettledAtOnce) {
  Start();
  BatchItem third = Item(0, third_, kParents, true);
  third.accept = Joined(guess_, {7, 8, 10});  // rows 0, 1, 3 of the second
  const std::vector<Floats> logits = stage_.Run(third);
  const Ids behind = Joined(Joined(prompt_, Take(first_, guess_)), Take(second_, {0, 1, 3}));
  for (std::size_t row = 0; row < kPaths.size(); ++row) {
    const std::vector<Floats> plain = stage_.Flat(Joined(behind, Take(third_, kPaths[row])));
    EXPECT_EQ(logits[row], plain.back()) << "row " << row;
  }
}

// A stage that computed nothing for a stale tree has the bits of one that did.
TEST_P(FollowingTreesTest, NeedNoRowsWhenTheyAreDropped) {
  Start();
  Batch stale;
  stale.phase = BatchPhase::kStep;
  stale.items = {Item(0, third_, kParents, true)};
  stale.items[0].accept = {0, 1};  // of the first: the second, and this one after it, are wrong
  stale.items[0].follows = 3;
  stale.dropped = true;
  EXPECT_EQ(stage_.stage().Forward(stale).rows, 0);
  const std::vector<Floats> logits = stage_.Run(Item(0, third_, kParents, true));
  const Ids behind = Joined(prompt_, Take(first_, {0, 1}));
  for (std::size_t row = 0; row < kPaths.size(); ++row) {
    const std::vector<Floats> plain = stage_.Flat(Joined(behind, Take(third_, kPaths[row])));
    EXPECT_EQ(logits[row], plain.back()) << "row " << row;
  }
}

TEST_P(FollowingTreesTest, AreDroppedWhenItWasWrong) {
  Start();
  const Ids taken = {0, 1};
  BatchItem fresh = Item(0, third_, kParents, true);
  fresh.accept = taken;
  const std::vector<Floats> logits = stage_.Run(fresh);
  const Ids context = Joined(prompt_, Take(first_, taken));
  for (std::size_t row = 0; row < kPaths.size(); ++row) {
    const std::vector<Floats> plain = stage_.Flat(Joined(context, Take(third_, kPaths[row])));
    EXPECT_EQ(logits[row], plain.back()) << "row " << row;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, FollowingTreesTest,
                         testing::Values("synthetic:tiny", "synthetic:tiny:q8_0"));
INSTANTIATE_TEST_SUITE_P(Types, StageTreeTest,
                         testing::Values("synthetic:tiny", "synthetic:tiny:q8_0"));

}  // namespace
}  // namespace jupiter

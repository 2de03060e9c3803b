// Ranks written by hand: what they say of heads and trees.
#include "bench/medusa/draft_measurement.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

constexpr int kNone = 3;  // not among the first three

RankedText Ranked(const std::vector<std::vector<int>>& ranks, std::vector<bool> counted = {}) {
  RankedText text{2, kNone, {}, std::move(counted)};
  for (const std::vector<int>& position : ranks) {
    for (const int rank : position) text.rank.push_back(static_cast<std::uint8_t>(rank));
  }
  if (text.counted.empty()) text.counted.assign(ranks.size(), true);
  return text;
}

TEST(DraftMeasurementTest, HeadsAreMeasuredBehindThoseThatAreRight) {
  const std::vector<RankedText> texts = {Ranked({{0, 0}, {1, kNone}, {kNone, 0}, {0, 2}}),
                                         Ranked({{0, 0}, {2, 0}, {0, 1}}, {true, true, false})};
  const DraftAcceptance acceptance = MeasureAcceptance(texts);
  EXPECT_EQ(acceptance.heads(), 2);
  EXPECT_EQ(acceptance.ranks(), 3);
  EXPECT_EQ(acceptance.positions, 6);
  // Of 6 counted positions; the second head's of the 5 where the first one found its token.
  EXPECT_EQ(acceptance.probability[0], (std::vector<double>{3 / 6.0, 1 / 6.0, 1 / 6.0}));
  EXPECT_EQ(acceptance.probability[1], (std::vector<double>{3 / 5.0, 0, 1 / 5.0}));
}

TEST(DraftMeasurementTest, NothingCountedIsNothingMeasured) {
  const std::vector<RankedText> texts = {Ranked({{0, 0}}, {false})};
  const DraftAcceptance acceptance = MeasureAcceptance(texts);
  EXPECT_EQ(acceptance.positions, 0);
  EXPECT_EQ(acceptance.At(1, 0), 0);
}

TEST(DraftMeasurementTest, WalksAsDecodingWould) {
  const DraftTree tree = TreeOf({{0}, {1}, {1, 0}});
  const RankedText text = Ranked({{1, 0},        // [1, 0] is accepted: on to position 3
                                  {0, 0},        // skipped
                                  {0, 0},        // skipped
                                  {0, 0},        // [0] alone, [0, 0] is not in the tree: on to 5
                                  {0, 0},        // skipped
                                  {2, 0},        // nothing: on to 6
                                  {1, kNone}});  // [1]: after the end
  const WalkResult walk = WalkTexts(std::vector{text}, tree);
  EXPECT_EQ(walk.steps, 4);
  EXPECT_EQ(walk.accepted, (std::vector<std::int64_t>{1, 2, 1}));
  EXPECT_DOUBLE_EQ(walk.tokens_per_step().value(), (1 + 2 + 2 + 3) / 4.0);

  // Steps at positions that are not counted are taken, and left out.
  RankedText partly = text;
  partly.counted = {false, true, true, true, true, true, true};
  const WalkResult some = WalkTexts(std::vector{partly, text}, tree);
  EXPECT_EQ(some.steps, 7);
  EXPECT_EQ(some.accepted, (std::vector<std::int64_t>{2, 4, 1}));
  EXPECT_EQ(WalkTexts(std::vector{partly}, tree, true).accepted, walk.accepted);
}

TEST(DraftMeasurementTest, TheRootAloneIsPlainDecoding) {
  const WalkResult walk = WalkTexts(std::vector{Ranked({{0, 0}, {0, 0}})}, DraftTree());
  EXPECT_EQ(walk.steps, 2);
  EXPECT_EQ(walk.tokens_per_step(), 1);
  EXPECT_EQ(WalkTexts({}, DraftTree()).tokens_per_step(), std::nullopt);
}

}  // namespace
}  // namespace jupiter

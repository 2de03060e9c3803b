#include "model/medusa/ranks.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

TEST(RanksTest, AreThePlacesAmongTheLogits) {
  constexpr int kRanks = 5;
  TestStage stage("synthetic:tiny");
  MedusaHeads heads(stage.device(), OpenMedusa("synthetic:2:f32", stage.config()),
                    stage.stage().head(), {});
  Text text;
  text.tokens = SomeTokens(stage.config(), 9, 4);
  text.greedy = 3;
  stage.Open(0);
  stage.Run(Item(0, {text.tokens.begin(), text.tokens.end() - 1}));
  std::vector<std::vector<Floats>> logits;  // [positions][heads]
  for (std::int64_t row = 0; row < 8; ++row) {
    const ConstTensorView x = stage.stage().HeadInput().Rows(row, 1);
    const Floats values = ToHost(stage.device(), x)[0];
    text.rows.insert(text.rows.end(), values.begin(), values.end());
    logits.push_back(ToHost(stage.device(), heads.ComputeLogits(x)));
  }
  // The first head is right at position 2, the second one's third choice is at position 3.
  const auto choice = [&](std::size_t position, std::size_t head, std::size_t rank) {
    std::vector<std::int32_t> ids(static_cast<std::size_t>(stage.config().vocab));
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(i);
    const Floats& scores = logits[position][head];
    std::sort(ids.begin(), ids.end(), [&](std::int32_t a, std::int32_t b) {
      return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
    });
    return ids[rank];
  };
  text.tokens[4] = choice(2, 0, 0);
  text.tokens[6] = choice(3, 1, 2);
  text.tokens[8] = choice(5, 1, kRanks);
  const RankedText ranked = RankText(heads, stage.device(), text, kRanks,
                                     {true, true, true, false, true, true, true, true, true});
  // From the first greedy position on, as far as both heads have a token: 2 to 5.
  EXPECT_EQ(ranked.positions(), 4);
  EXPECT_EQ(ranked.counted, (std::vector<bool>{true, false, true, true}));
  EXPECT_EQ(ranked.At(0)[0], 0);
  EXPECT_EQ(ranked.At(1)[1], 2);
  EXPECT_EQ(ranked.At(3)[1], kRanks);
}

}  // namespace
}  // namespace jupiter

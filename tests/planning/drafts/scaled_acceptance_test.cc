#include "planning/drafts/scaled_acceptance.h"

#include <gtest/gtest.h>

#include "planning/drafts/tree_planner.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

const DraftAcceptance kAcceptance{"two", "", {{0.5, 0.3}, {0.4, 0.1}}, 0};

TEST(ScaledAcceptanceTest, EveryProbabilityHasTheFactor) {
  const DraftAcceptance scaled = Scaled(kAcceptance, 0.5);
  EXPECT_EQ(scaled.probability, (std::vector<std::vector<double>>{{0.25, 0.15}, {0.2, 0.05}}));
  EXPECT_DOUBLE_EQ(LargestScale(kAcceptance), 1 / 0.8);
  EXPECT_NE(RefusalOf([] { Scaled(kAcceptance, 1.3); }).find("scaled by 1.3, expected 0 to 1.25"),
            std::string::npos);
}

TEST(ScaledAcceptanceTest, FindsTheFactorThatYieldsTheTokens) {
  // Root, both candidates, and two after the first: 1 + 0.8 s + 0.5 * 0.5 s^2.
  const DraftTree tree = TreeOf({{0}, {1}, {0, 0}, {0, 1}});
  for (double factor : {0.1, 0.7, 1.0, 1.2}) {
    const double tokens = 1 + 0.8 * factor + 0.25 * factor * factor;
    EXPECT_NEAR(ScaleFor(tree, kAcceptance, tokens), factor, 1e-12);
  }
  EXPECT_NEAR(ScaleFor(tree, kAcceptance, 1), 0, 1e-12);
  EXPECT_NE(RefusalOf([&] { ScaleFor(tree, kAcceptance, 2.5); }).find("only 1 to 2.391"),
            std::string::npos);
  EXPECT_NE(RefusalOf([&] { ScaleFor(tree, kAcceptance, 0.5); }).find("only 1 to"),
            std::string::npos);
}

}  // namespace
}  // namespace jupiter

#include "model/medusa/examples.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

// Rows of width 2 that say which position they are of.
Text MakeText(const std::vector<std::int32_t>& tokens, int greedy) {
  Text text{tokens, greedy, {}};
  for (std::size_t p = 0; p + 1 < tokens.size(); ++p) {
    text.rows.push_back(static_cast<float>(p));
    text.rows.push_back(-static_cast<float>(p));
  }
  return text;
}

TEST(ExamplesTest, EachHeadHasItsTokenBehindTheNext) {
  Examples examples{3, 2, {}, {}};
  // Positions 1 to 4 are greedy; position 4 has a next token, but none after it.
  const Text text = MakeText({10, 11, 12, 13, 14, 15}, 2);
  AddExamples(text, std::vector<bool>(6, true), examples);
  EXPECT_EQ(examples.count(), 3);
  EXPECT_EQ(examples.rows, (std::vector<float>{1, -1, 2, -2, 3, -3}));
  EXPECT_EQ(examples.targets[0], (std::vector<std::int32_t>{13, 14, 15}));
  EXPECT_EQ(examples.targets[1], (std::vector<std::int32_t>{14, 15, -1}));
  EXPECT_EQ(examples.targets[2], (std::vector<std::int32_t>{15, -1, -1}));
}

TEST(ExamplesTest, LeavesOutWhatWasSeenAndWhatIsTooShort) {
  Examples examples{1, 2, {}, {}};
  AddExamples(MakeText({10, 11, 12, 13, 14}, 1), {true, false, true, true, true}, examples);
  AddExamples(MakeText({20, 21}, 1), {true, true}, examples);
  AddExamples(MakeText({30, 31, 32}, 9), {true, true, true}, examples);
  EXPECT_EQ(examples.rows, (std::vector<float>{0, 0, 2, -2}));
  EXPECT_EQ(examples.targets[0], (std::vector<std::int32_t>{12, 14}));
}

}  // namespace
}  // namespace jupiter

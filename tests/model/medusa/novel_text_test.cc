#include "model/medusa/novel_text.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

using Flags = std::vector<bool>;

TEST(SeenTextTest, AnNgramIsNewOnce) {
  SeenText seen(3);
  EXPECT_EQ(seen.Add(std::vector<std::int32_t>{1, 2, 3, 4}), (Flags{false, false, true, true}));
  // 2 3 4 was there, 3 4 5 was not.
  EXPECT_EQ(seen.Add(std::vector<std::int32_t>{2, 3, 4, 5}), (Flags{false, false, false, true}));
  // In other order, and twice in one text.
  EXPECT_EQ(seen.Add(std::vector<std::int32_t>{3, 2, 1, 3, 2, 1}),
            (Flags{false, false, true, true, true, false}));
}

TEST(SeenTextTest, ShortTextsHaveNone) {
  SeenText seen(3);
  EXPECT_EQ(seen.Add({}), Flags{});
  EXPECT_EQ(seen.Add(std::vector<std::int32_t>{7, 7}), (Flags{false, false}));
  EXPECT_EQ(seen.Add(std::vector<std::int32_t>{7, 7, 7, 7}), (Flags{false, false, true, false}));
}

}  // namespace
}  // namespace jupiter

#include "bench/generate/point_texts.h"

#include <gtest/gtest.h>

#include "tests/model/outline/toy_tokenizer.h"

namespace jupiter {
namespace {

Expansion TwoPoints() {
  Expansion expansion;
  expansion.points = {{{1}, "1. Dogs:", {"\n2."}}, {{1}, "2. Cats:", {"\n3."}}};
  expansion.joiner = std::string("\n");
  return expansion;
}

class PointTextsTest : public testing::Test {
 protected:
  // Whether the point goes on.
  bool Push(int point, std::string_view text) {
    bool goes_on = true;
    for (std::int32_t id : tokenizer_.EncodeContinuation(text)) {
      goes_on = goes_on && texts_.Push(point, id);
    }
    return goes_on;
  }

  ToyTokenizer tokenizer_;
  std::string printed_;
  PointTexts texts_{TwoPoints(), tokenizer_, 8,
                    [this](std::string_view text) { printed_ += text; }};
};

TEST_F(PointTextsTest, TheFirstStreamsAndTheOtherWaits) {
  EXPECT_EQ(printed_, "1. Dogs:");
  EXPECT_TRUE(Push(1, " meow"));
  EXPECT_TRUE(Push(0, " bark"));
  EXPECT_EQ(printed_, "1. Dogs: bark");
  texts_.End(0);
  EXPECT_EQ(printed_, "1. Dogs: bark\n2. Cats: meow");
  texts_.End(1);
  EXPECT_EQ(texts_.reasons(), (std::vector{StopReason::kEnd, StopReason::kEnd}));
}

TEST_F(PointTextsTest, EveryPointHasItsOwnMarker) {
  EXPECT_TRUE(Push(1, " a\n2"));  // could become no marker of point 2
  EXPECT_FALSE(Push(0, " b\n2."));
  texts_.End(0);
  texts_.End(1);
  EXPECT_EQ(printed_, "1. Dogs: b\n2. Cats: a\n2");
  EXPECT_EQ(texts_.reasons(), (std::vector{StopReason::kMarker, StopReason::kEnd}));
}

TEST_F(PointTextsTest, LengthEndsAPointAndGivesOutWhatWasHeldBack) {
  EXPECT_FALSE(Push(0, " barks\n2"));
  texts_.End(0);
  EXPECT_EQ(printed_, "1. Dogs: barks\n2\n2. Cats:");
  EXPECT_EQ(texts_.reasons().front(), StopReason::kLength);
}

TEST_F(PointTextsTest, AnEndGivesOutWhatWasHeldBack) {
  EXPECT_TRUE(Push(0, " x\n"));
  EXPECT_EQ(printed_, "1. Dogs: x");
  texts_.End(0);
  EXPECT_EQ(printed_, "1. Dogs: x\n\n2. Cats:");
}

}  // namespace
}  // namespace jupiter

#include "bench/generate/outline_size.h"

#include <gtest/gtest.h>

#include "tests/refusal.h"

namespace jupiter {
namespace {

// A prefix of 10 tokens and suffixes of these.
Expansion Points(const std::vector<std::size_t>& suffixes) {
  Expansion expansion;
  expansion.prefix.resize(10);
  for (std::size_t suffix : suffixes) {
    expansion.points.emplace_back();
    expansion.points.back().suffix.resize(suffix);
  }
  return expansion;
}

class OutlineSizeTest : public testing::Test {
 protected:
  OutlineSizeTest() {
    config_.name = "small";
    config_.context = 1000;
    need_.expansion = Points({3, 5});
    need_.point = 7;
    need_.at_once = 10;
  }

  void AskForAnOutline() {
    need_.answer_prompt = 4;
    need_.answer = 30;
    need_.skeleton_prompt = 12;
    need_.skeleton = 20;
  }
  JobInputs Inputs() const { return {flags_, config_, 2}; }
  JobSize Size() const { return SizeOf(need_, Inputs()); }

  EngineFlags flags_;
  ModelConfig config_;
  OutlineNeed need_;
};

TEST_F(OutlineSizeTest, AKnownOutline) {
  const JobSize size = Size();
  EXPECT_EQ(size.prompt_tokens, 15);
  EXPECT_EQ(size.positions, 22);
  EXPECT_EQ(size.kv_positions, 10 + 3 + 5 + 2 * (7 + 2));
  EXPECT_EQ(size.requests, 2);
  EXPECT_TRUE(size.shorter_prompts);
  EXPECT_EQ(WhyTooLong(need_.expansion, need_, size, 2), "");
}

TEST_F(OutlineSizeTest, FewerAtOnceHoldOneMoreThanRun) {
  need_.expansion = Points({3, 5, 4});
  need_.at_once = 1;
  const JobSize size = Size();
  EXPECT_EQ(size.requests, 1);
  EXPECT_EQ(size.kv_positions, 10 + 3 + 5 + 4 + 2 * (7 + 2));
}

TEST_F(OutlineSizeTest, AnOutlineThatIsStillToCome) {
  AskForAnOutline();
  const JobSize size = Size();
  EXPECT_EQ(size.prompt_tokens, 15 + 2 * 20);
  EXPECT_EQ(size.positions, 15 + 2 * 20 + 7);
  EXPECT_EQ(size.kv_positions, 10 + 3 + 5 + 2 * (7 + 2) + 2 * 20);
  // An outline of 20 tokens fits however they are spread.
  Expansion expansion = Points({3 + 10, 5 + 10});
  expansion.prefix.resize(10 + 20);
  EXPECT_EQ(WhyTooLong(expansion, need_, size, 2), "");
  expansion.prefix.resize(10 + 40);
  EXPECT_EQ(WhyTooLong(expansion, need_, size, 2),
            "with the outline a point's prompt takes 65 tokens, all points hold 96 positions; "
            "there is room for 55 and 76");
}

TEST_F(OutlineSizeTest, TheAnswerInOnePieceMayBeTheLongest) {
  AskForAnOutline();
  need_.answer = 500;
  EXPECT_EQ(Size().positions, 504);
  EXPECT_EQ(Size().kv_positions, 506);
  need_.expansion = {};
  need_.skeleton_prompt = 0;
  EXPECT_EQ(Size().prompt_tokens, 4);
  EXPECT_FALSE(Size().shorter_prompts);
  EXPECT_EQ(Size().requests, 1);
}

TEST_F(OutlineSizeTest, TheContextBounds) {
  AskForAnOutline();
  config_.context = 50;
  EXPECT_EQ(Size().prompt_tokens, 50 - 2 - 7);
  EXPECT_EQ(Size().positions, 50 - 2);
  config_.context = 23;
  need_.answer = 1;
  need_.skeleton = 1;
  EXPECT_EQ(RefusalOf([&] { Size(); }),
            "--outline: a point takes 15 tokens with its prompt and 7 new ones, at most 21 "
            "together have room in the context of small; shorten the question or the outline, or "
            "ask for fewer tokens");
  EXPECT_EQ(WhyNoRoom(need_, Inputs()),
            "a point takes 15 tokens with its prompt and 7 new ones, at most 21 together have room "
            "in the context of small");
  // Nor has the answer in one piece, but that is no reason against an outline.
  need_.answer = 500;
  config_.context = 100;
  EXPECT_EQ(WhyNoRoom(need_, Inputs()), "");
}

}  // namespace
}  // namespace jupiter

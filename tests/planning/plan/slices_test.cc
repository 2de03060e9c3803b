// Cuts of prompts: every kind, every length, and what its description promises.
#include "planning/plan/slices.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

using Kind = SlicePolicy::Kind;
using Lengths = std::vector<int>;

SlicePolicy Policy(Kind kind, int count = 0, int least = 32) {
  SlicePolicy policy;
  policy.kind = kind;
  policy.count = count;
  policy.least = least;
  return policy;
}

int SumOfSlices(const Lengths& lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), 0);
}

// All the same, or the first ones a token longer.
bool IsEqualCut(const Lengths& lengths) {
  return std::is_sorted(lengths.rbegin(), lengths.rend()) && lengths.front() - lengths.back() <= 1;
}

TEST(CutPromptTest, Whole) {
  for (int tokens : {1, 7, 5000}) {
    EXPECT_EQ(CutPrompt(Policy(Kind::kWhole), tokens, 4), Lengths{tokens});
  }
}

TEST(CutPromptTest, CountGivesEqualSlices) {
  EXPECT_EQ(CutPrompt(Policy(Kind::kCount, 4), 10, 2), (Lengths{3, 3, 2, 2}));
  EXPECT_EQ(CutPrompt(Policy(Kind::kCount, 1), 10, 2), Lengths{10});
  EXPECT_EQ(CutPrompt(Policy(Kind::kCount, 100), 3, 2), (Lengths{1, 1, 1}));
  EXPECT_EQ(CutPrompt(Policy(Kind::kCount, 1000000000), 2, 2), (Lengths{1, 1}));
  for (int tokens = 1; tokens <= 70; ++tokens) {
    for (int count = 1; count <= 20; ++count) {
      const Lengths lengths = CutPrompt(Policy(Kind::kCount, count), tokens, 3);
      EXPECT_EQ(std::ssize(lengths), std::min(tokens, count));
      EXPECT_EQ(SumOfSlices(lengths), tokens);
      EXPECT_TRUE(IsEqualCut(lengths)) << tokens << " in " << count;
    }
  }
}

TEST(CutPromptTest, AutoKeepsSlicesLongAndFew) {
  EXPECT_EQ(CutPrompt(Policy(Kind::kAuto), 128, 4), (Lengths{32, 32, 32, 32}));
  EXPECT_EQ(CutPrompt(Policy(Kind::kAuto), 31, 4), Lengths{31});
  EXPECT_EQ(CutPrompt(Policy(Kind::kAuto), 63, 4), Lengths{63});
  EXPECT_EQ(CutPrompt(Policy(Kind::kAuto), 1 << 20, 2), Lengths(8, 1 << 17));
  for (int tokens : {1, 31, 32, 33, 100, 1000, 4097}) {
    for (int stages : {2, 3, 16}) {
      for (int least : {1, 8, 32, 10000}) {
        const Lengths lengths = CutPrompt(Policy(Kind::kAuto, 0, least), tokens, stages);
        EXPECT_EQ(SumOfSlices(lengths), tokens);
        EXPECT_TRUE(IsEqualCut(lengths));
        EXPECT_LE(std::ssize(lengths), 4 * stages);
        EXPECT_TRUE(lengths.size() == 1 || lengths.back() >= least) << tokens << " " << least;
      }
    }
  }
}

TEST(CutPromptTest, AutoOnOneStageIsWhole) {
  EXPECT_EQ(CutPrompt(Policy(Kind::kAuto, 0, 1), 4096, 1), Lengths{4096});
}

TEST(CutPromptTest, ChunksHaveTheirLengthButTheLast) {
  EXPECT_EQ(CutPrompt(Policy(Kind::kChunks, 4), 10, 2), (Lengths{4, 4, 2}));
  EXPECT_EQ(CutPrompt(Policy(Kind::kChunks, 4), 8, 2), (Lengths{4, 4}));
  EXPECT_EQ(CutPrompt(Policy(Kind::kChunks, 512), 10, 2), Lengths{10});
  EXPECT_EQ(CutPrompt(Policy(Kind::kChunks, 1), 3, 2), (Lengths{1, 1, 1}));
}

TEST(CutPromptTest, LengthsMustAddUp) {
  SlicePolicy policy = Policy(Kind::kLengths);
  policy.lengths = {64, 48, 16};
  EXPECT_EQ(CutPrompt(policy, 128, 2), policy.lengths);
  for (int tokens : {1, 127, 129}) {
    try {
      CutPrompt(policy, tokens, 2);
      ADD_FAILURE() << tokens;
    } catch (const UserError& error) {
      const std::string message = error.what();
      for (const std::string& part :
           {std::string("--slices 64,48,16"), std::string("128"), std::to_string(tokens)}) {
        EXPECT_NE(message.find(part), std::string::npos) << message;
      }
    }
  }
  policy.lengths = {2147483647, 2147483647, 2};  // 0 in 32 bits
  EXPECT_THROW(CutPrompt(policy, 128, 2), UserError);
}

}  // namespace
}  // namespace jupiter

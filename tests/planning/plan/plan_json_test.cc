// Plans as JSON: what is written is read back; what is wrong is refused in one line.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "planning/plan/plan.h"
#include "planning/plan/slices.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

Plan SomePlan() {
  Plan plan;
  plan.strategy = "jupiter";
  plan.layers = {4, 0, 2};
  plan.order = {0, 2, 1};
  plan.slices.kind = SlicePolicy::Kind::kLengths;
  plan.slices.lengths = {256};
  plan.slices.least = 16;
  plan.wire = DType::kQ8_0;
  plan.residual = DType::kF16;
  return plan;
}

std::string ErrorOf(const std::string& text) {
  return RefusalOf([&] { ParsePlan(text, "plan.json"); });
}

TEST(PlanJsonTest, EveryKindOfSlicesComesBack) {
  Plan plan = SomePlan();
  std::vector<SlicePolicy> policies(6, plan.slices);
  policies[1].kind = SlicePolicy::Kind::kWhole;
  policies[2].kind = SlicePolicy::Kind::kAuto;
  policies[3].kind = SlicePolicy::Kind::kCount;
  policies[3].count = 5;
  policies[4].kind = SlicePolicy::Kind::kChunks;
  policies[4].count = 128;
  policies[5].kind = SlicePolicy::Kind::kTable;
  policies[5].table = {{32}, {32, 32}, {100, 80, 76}};
  for (const SlicePolicy& policy : policies) {
    plan.slices = policy;
    const Plan read = ParsePlan(ToJson(plan), "plan.json");
    EXPECT_EQ(ToJson(read), ToJson(plan));
    EXPECT_EQ(CutPrompt(read.slices, 256, 3), CutPrompt(policy, 256, 3));
  }
}

TEST(PlanJsonTest, MistakesAreNamed) {
  const std::string good = ToJson(SomePlan());
  EXPECT_EQ(ErrorOf(good), "no error");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return ErrorOf(text.replace(at, from.size(), to));
  };
  EXPECT_EQ(ErrorOf("{"), "plan.json: line 1: not JSON; expected a plan of jupiter_plan --save");
  EXPECT_EQ(ErrorOf(""), "plan.json: line 1: not JSON; expected a plan of jupiter_plan --save");
  EXPECT_EQ(ErrorOf("[1]"), "plan.json: line 1: got [1], expected a plan as a JSON object");
  EXPECT_EQ(ErrorOf("{}"), "plan.json: line 1: strategy: missing, expected in a plan");
  EXPECT_EQ(with("\"layers\"", "\"layer\""),
            "plan.json: line 1: unknown key layer; a plan has strategy, layers, order, heads, "
            "columns, rows, "
            "overlap, slices, min_slice, wire, residual, kv");
  EXPECT_EQ(with("[4,0,2]", "[4,-1,2]"),
            "plan.json: line 1: layers: got -1, expected a whole number from 0 to 16777216");
  EXPECT_EQ(with("[4,0,2]", "[]"), "plan.json: line 1: layers: got [], expected a list of numbers");
  for (const char* order : {"[0,2,2]", "[1,0,2]", "[0,1]"}) {
    EXPECT_EQ(with("[0,2,1]", order),
              std::string("plan.json: line 1: order: got ") + order +
                  ", expected each of the ranks 0 to 2 once, rank 0 (it has the prompt) first");
  }
  EXPECT_EQ(with("[256]", "[0]"),
            "plan.json: line 1: slices: got 0, expected a whole number from 1 to 16777216");
  EXPECT_EQ(with("\"lengths\"", "\"length\""),
            "plan.json: line 1: slices: got {\"length\":[256]}, expected \"whole\", \"auto\", or "
            "an object "
            "with count, chunks, lengths or table");
  EXPECT_EQ(with("\"q8_0\"", "\"q9\""),
            "plan.json: line 1: wire: got \"q9\", expected a type such as f32 or f16");
  EXPECT_EQ(with("16,\"wire", "1e99,\"wire"),
            "plan.json: line 1: min_slice: got 1e+99, expected a whole number from 1 to 16777216");
}

TEST(PlanJsonTest, MistakesOfNumbersAreNamed) {
  const std::string good = ToJson(SomePlan());
  const auto with = [&](const std::string& from, const std::string& to) {
    return RefusalOf([&] { ParsePlan(Replaced(good, from, to), "plan.json"); });
  };
  EXPECT_EQ(with("[4,0,2]", "[0,0,0]"),
            "plan.json: line 1: layers: 0 layers in all, expected 1 to 16777216");
  EXPECT_EQ(with("[4,0,2]", "[16777216,16777216,1]"),
            "plan.json: line 1: layers: 33554433 layers in all, expected 1 to 16777216");
  EXPECT_EQ(with("[256]", "[1e999]"), "plan.json: line 1: a number is too large to be read");
  EXPECT_EQ(with("[256]", "[NaN]"),
            "plan.json: line 1: not JSON; expected a plan of jupiter_plan --save");
  EXPECT_EQ(with("[256]", "[18446744073709551615]"),
            "plan.json: line 1: slices: got 18446744073709551615, expected a whole number from 1 "
            "to 16777216");
  EXPECT_EQ(with("[4,0,2]", "[" + std::string(60, '9') + ",\"" + std::string(60, 'x') + "\"]"),
            "plan.json: line 1: layers: got 1e+60, expected a whole number from 0 to 16777216");
}

TEST(PlanJsonTest, KeysThatStandTwiceAreNamed) {
  const std::string good = ToJson(SomePlan());
  EXPECT_EQ(ErrorOf(Replaced(good, "\"order\"", "\"layers\":[6,0,0],\"order\"")),
            "plan.json: line 1: layers stands twice, expected once; take one of them out");
  EXPECT_EQ(ErrorOf(Replaced(good, "[256]", "[256],\"lengths\":[128,128]")),
            "plan.json: line 1: slices.lengths stands twice, expected once; take one of them out");
}

// As an editor may save it.
TEST(PlanJsonTest, LinesAreCounted) {
  std::string text = ToJson(SomePlan());
  for (std::size_t at = 0; (at = text.find(",\"", at)) != std::string::npos;) {
    text.replace(at, 1, ",\n");
  }
  EXPECT_EQ(ErrorOf(text), "no error");
  EXPECT_EQ(ErrorOf(Replaced(text, "[0,2,1]", "[]")),
            "plan.json: line 3: order: got [], expected a list of numbers");
  EXPECT_EQ(ErrorOf(Replaced(text, "\"q8_0\"", "8")),
            "plan.json: line 6: wire: got 8, expected a word");
  EXPECT_EQ(ErrorOf(Replaced(text, "\"wire\"", "\"wi\\nre\"")).substr(0, 40),
            "plan.json: line 6: unknown key wi\\nre; a");
  EXPECT_EQ(ErrorOf(Replaced(text, "[0,2,1]", "[0,2,1")).substr(0, 28),
            "plan.json: line 4: not JSON;");
}

TEST(PlanJsonTest, SharesAreOneForEachRank) {
  Plan plan = SomePlan();
  plan.strategy = "megatron";
  plan.order.clear();
  plan.layers = {6, 6, 6};
  plan.shares.heads = {2, 1, 1};
  plan.shares.columns = {64, 32, 32};
  const std::string good = ToJson(plan);
  EXPECT_EQ(ErrorOf(good), "no error");
  EXPECT_EQ(ErrorOf(Replaced(good, "[2,1,1]", "[2,2]")),
            "plan.json: line 1: heads: got 2 numbers, expected 3, one per rank as in layers");
  EXPECT_EQ(ErrorOf(Replaced(good, "[6,6,6]", "[6,6,5]")),
            "plan.json: line 1: layers: got [6,6,5], expected the same number for every rank, "
            "since each has a share of all layers");
}

TEST(SliceTableTest, CutsTheNextLargerPromptAtItsEnd) {
  SlicePolicy policy;
  policy.kind = SlicePolicy::Kind::kTable;
  policy.least = 8;
  policy.table = {{16, 16}, {24, 20, 20}};
  EXPECT_EQ(CutPrompt(policy, 32, 2), (std::vector<int>{16, 16}));
  EXPECT_EQ(CutPrompt(policy, 25, 2), (std::vector<int>{16, 9}));
  // What is left of the second slice is too short to stand alone.
  EXPECT_EQ(CutPrompt(policy, 20, 2), (std::vector<int>{20}));
  EXPECT_EQ(CutPrompt(policy, 5, 2), (std::vector<int>{5}));
  EXPECT_EQ(CutPrompt(policy, 33, 2), (std::vector<int>{24, 9}));
  EXPECT_EQ(CutPrompt(policy, 64, 2), (std::vector<int>{24, 20, 20}));
  EXPECT_THROW(CutPrompt(policy, 65, 2), UserError);
}

}  // namespace
}  // namespace jupiter

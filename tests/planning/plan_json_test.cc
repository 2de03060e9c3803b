// Plans as JSON: what is written is read back; what is wrong is refused in one line.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/base/check.h"
#include "planning/plan.h"
#include "planning/slices.h"

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
  try {
    ParsePlan(text, "plan.json");
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
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
  EXPECT_EQ(ErrorOf("{"), "plan.json: not JSON; expected a plan of jupiter_plan --save");
  EXPECT_EQ(ErrorOf("[1]"), "plan.json: expected a plan as a JSON object");
  EXPECT_EQ(ErrorOf("{}"), "plan.json: strategy is missing");
  EXPECT_EQ(
      with("\"layers\"", "\"layer\""),
      "plan.json: unknown key layer; a plan has strategy, layers, order, heads, columns, rows, "
      "overlap, slices, min_slice, wire, residual, kv");
  EXPECT_EQ(with("[4,0,2]", "[4,-1,2]"),
            "plan.json: layers: got -1, expected a whole number from 0 to 16777216");
  EXPECT_EQ(with("[4,0,2]", "[]"), "plan.json: layers: got [], expected a list of numbers");
  EXPECT_EQ(
      with("[0,2,1]", "[0,2,2]"),
      "order 0,2,2: expected each of the ranks 0 to 2 once, rank 0 (it has the prompt) first");
  EXPECT_EQ(with("[256]", "[0]"),
            "plan.json: slices: got 0, expected a whole number from 1 to 16777216");
  EXPECT_EQ(with("\"lengths\"", "\"length\""),
            "plan.json: slices: got {\"length\":[256]}, expected \"whole\", \"auto\", or an object "
            "with count, chunks, lengths or table");
  EXPECT_EQ(with("\"q8_0\"", "\"q9\""),
            "plan.json: wire: got \"q9\", expected a type such as f32 or f16");
  EXPECT_EQ(with("16,\"wire", "1e99,\"wire"),
            "plan.json: min_slice: got 1e+99, expected a whole number from 1 to 16777216");
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

#include "bench/emulate/run_description.h"

#include <gtest/gtest.h>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

Plan SomePlan() {
  Plan plan;
  plan.strategy = "galaxy";
  plan.layers = {2, 2};
  plan.shares.heads = {3, 1};
  plan.overlap = false;
  return plan;
}

TEST(RunDescriptionTest, IsReadAsItWasWritten) {
  for (const char* model : {"synthetic llama2-7b", "a {\"b\": 1} pp3 tg", " {", ""}) {
    const std::string text = DescribeRun(model, 256, 27, 64, SomePlan());
    const std::optional<RunDescription> run = ParseRunDescription(text, "r.jsonl");
    ASSERT_TRUE(run) << text;
    EXPECT_EQ(run->model, model);
    EXPECT_EQ(ToJson(run->plan), ToJson(SomePlan()));
  }
}

TEST(RunDescriptionTest, OtherDescriptionsSayNothing) {
  for (const char* text :
       {"", "a request", "llama jupiter", "llama {\"strategy\": \"galaxy\"}", "llama pp3 tg4 {}",
        "llama pp tg4 rows1 {}", "pp3 tg4 rows1 {}", "llama pp3 tg4 rows1"}) {
    EXPECT_FALSE(ParseRunDescription(text, "r.jsonl")) << text;
  }
}

TEST(RunDescriptionTest, ABrokenPlanIsNamed) {
  try {
    ParseRunDescription("llama pp3 tg4 rows1 {\"strategy\": 1}", "r.jsonl");
    ADD_FAILURE() << "no error";
  } catch (const UserError& error) {
    EXPECT_EQ(std::string(error.what()).substr(0, 9), "r.jsonl: ");
  }
}

}  // namespace
}  // namespace jupiter

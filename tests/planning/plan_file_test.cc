// Saved plans: what is written is read back, and a plan for another model or prompt is refused.
#include "planning/plan_file.h"

#include "refusal.h"

namespace jupiter {
namespace {

ModelConfig SomeModel() {
  ModelConfig config;
  config.name = "some";
  config.layers = 6;
  config.hidden = 64;
  config.heads = 8;
  config.kv_heads = 4;
  config.head_dim = 8;
  config.ffn = 128;
  config.vocab = 500;
  return config;
}

PlanFile SomeFile() {
  PlanFile file;
  file.plan.strategy = "jupiter";
  file.plan.layers = {4, 2};
  file.plan.slices.kind = SlicePolicy::Kind::kLengths;
  file.plan.slices.lengths = {100, 60};
  file.model = FactsOf(SomeModel());
  return file;
}

std::string ParseError(const std::string& text) {
  return RefusalOf([&] { ParsePlanFile(text, "p.json"); });
}

TEST(PlanFileTest, ComesBack) {
  PlanFile file = SomeFile();
  EXPECT_EQ(ToJson(ParsePlanFile(ToJson(file), "p.json")), ToJson(file));
  file.model.reset();
  EXPECT_EQ(ToJson(file), ToJson(file.plan));
  EXPECT_FALSE(ParsePlanFile(ToJson(file), "p.json").model.has_value());
}

TEST(PlanFileTest, BytesThatAreNoUtf8AreReplaced) {
  PlanFile file = SomeFile();
  file.model->name =
      "mod\xff"
      "el";
  EXPECT_EQ(ParsePlanFile(ToJson(file), "p.json").model->name,
            "mod\xef\xbf\xbd"
            "el");
}

TEST(PlanFileTest, MistakesAreNamed) {
  const std::string good = ToJson(SomeFile());
  EXPECT_EQ(ParseError(good), "no error");
  EXPECT_EQ(ParseError("{"), "p.json: not JSON; expected a plan of jupiter_plan --save");
  EXPECT_EQ(ParseError(R"({"model":3})"),
            "p.json: model: expected the model of a plan as a JSON object");
  EXPECT_EQ(ParseError(Replaced(good, "\"ffn\"", "\"fnn\"")),
            "p.json: unknown key model.fnn; the model of a plan has name, layers, hidden, heads, "
            "kv_heads, head_dim, ffn, vocab");
  EXPECT_EQ(ParseError(Replaced(good, "\"hidden\":64", "\"hidden\":0")),
            "p.json: model.hidden: got 0, expected a whole number from 1 to 16777216");
  EXPECT_EQ(ParseError(Replaced(good, "\"hidden\":64,", "")), "p.json: model.hidden is missing");
  EXPECT_EQ(ParseError(Replaced(good, "\"name\":\"some\"", "\"name\":[]")),
            "p.json: model.name: got [], expected a word");
  EXPECT_EQ(ParseError(Replaced(good, "[4,2]", "[4,3]")),
            "p.json: layers: they add up to 7, but model.layers is 6");
}

TEST(PlanFileTest, OtherShapesAreRefused) {
  PlanFile file = SomeFile();
  const auto error = [&](const ModelConfig& config) {
    return RefusalOf([&] { CheckModel(file, "p.json", config); });
  };
  ModelConfig other = SomeModel();
  other.name = "the same by another name";
  EXPECT_EQ(error(other), "no error");
  for (int ModelConfig::*fact :
       {&ModelConfig::layers, &ModelConfig::hidden, &ModelConfig::heads, &ModelConfig::kv_heads,
        &ModelConfig::head_dim, &ModelConfig::ffn, &ModelConfig::vocab}) {
    other = SomeModel();
    other.*fact += 1;
    EXPECT_NE(error(other), "no error");
  }
  other = SomeModel();
  other.name = "other";
  other.hidden = 4096;
  EXPECT_EQ(error(other),
            "p.json: model.hidden: 64 (some), but the model other has 4096; plan for it with "
            "jupiter_plan --model");
  file.model.reset();
  EXPECT_EQ(error(other), "no error");
  other.layers = 7;
  EXPECT_EQ(error(other),
            "p.json: layers: they add up to 6, but the model other has 7; plan for it with "
            "jupiter_plan --model");
}

TEST(PlanFileTest, OtherPromptsAreRefused) {
  Plan plan = SomeFile().plan;
  const auto error = [&](int tokens) {
    return RefusalOf([&] { CheckPrompt(plan, "p.json", tokens); });
  };
  const std::string advice =
      "plan again with jupiter_plan --prompt-tokens 161, or for all shorter prompts too with "
      "--all-prompts STEP";
  EXPECT_EQ(error(160), "no error");
  EXPECT_EQ(error(161), "p.json: slices: of a prompt of 160 tokens, this one has 161; " + advice);
  EXPECT_NE(error(159), "no error");
  plan.slices.kind = SlicePolicy::Kind::kTable;
  plan.slices.table = {{80}, {100, 60}};
  EXPECT_EQ(error(1), "no error");
  EXPECT_EQ(error(160), "no error");
  EXPECT_EQ(error(161),
            "p.json: slices: of prompts of up to 160 tokens, this one has 161; " + advice);
  plan.slices.kind = SlicePolicy::Kind::kWhole;
  EXPECT_EQ(error(161), "no error");
}

}  // namespace
}  // namespace jupiter

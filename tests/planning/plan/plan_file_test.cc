// Saved plans: what is written is read back, and a plan for another model or prompt is refused.
#include "planning/plan/plan_file.h"

#include "tests/planning/damaged_text.h"
#include "tests/refusal.h"

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
  const PlanFile file = SomeFile();
  EXPECT_EQ(ToJson(ParsePlanFile(ToJson(file), "p.json")), ToJson(file));
}

TEST(PlanFileTest, BytesThatAreNoUtf8AreReplaced) {
  PlanFile file = SomeFile();
  file.model.name =
      "mod\xff"
      "el";
  EXPECT_EQ(ParsePlanFile(ToJson(file), "p.json").model.name,
            "mod\xef\xbf\xbd"
            "el");
}

TEST(PlanFileTest, MistakesAreNamed) {
  const std::string good = ToJson(SomeFile());
  EXPECT_EQ(ParseError(good), "no error");
  EXPECT_EQ(ParseError("{"), "p.json: line 1: not JSON; expected a plan of jupiter_plan --save");
  EXPECT_EQ(
      ParseError(Replaced(good, "\"model\":{\"name\":\"some\"", "\"model\":3,\"x\":{\"y\":1")),
      "p.json: line 1: unknown key x; a plan has strategy, layers, order, heads, columns, "
      "rows, overlap, slices, min_slice, wire, residual, kv, model");
  EXPECT_EQ(ParseError(good.substr(0, good.find("\"model\"")) + "\"model\":3}"),
            "p.json: line 1: model: got 3, expected the model of a plan as a JSON object");
  EXPECT_EQ(ParseError(good.substr(0, good.find(",\"model\"")) + "}"),
            "p.json: line 1: model: missing, expected an object with name, layers, hidden, heads, "
            "kv_heads, head_dim, ffn, vocab of the model that the plan is for; jupiter_plan --save "
            "writes it");
  EXPECT_EQ(ParseError(Replaced(good, "\"ffn\"", "\"fnn\"")),
            "p.json: line 1: unknown key model.fnn; the model of a plan has name, layers, hidden, "
            "heads, kv_heads, head_dim, ffn, vocab");
  EXPECT_EQ(ParseError(Replaced(good, "\"ffn\"", "\"hidden\":1,\"ffn\"")),
            "p.json: line 1: model.hidden stands twice, expected once; take one of them out");
  EXPECT_EQ(ParseError(Replaced(good, "\"hidden\":64", "\"hidden\":0")),
            "p.json: line 1: model.hidden: got 0, expected a whole number from 1 to 16777216");
  EXPECT_EQ(ParseError(Replaced(good, "\"hidden\":64,", "")),
            "p.json: line 1: model.hidden: missing, expected in the model of a plan");
  EXPECT_EQ(ParseError(Replaced(good, "\"name\":\"some\"", "\"name\":[]")),
            "p.json: line 1: model.name: got [], expected a word");
  EXPECT_EQ(ParseError(Replaced(good, "[4,2]", "[4,3]")),
            "p.json: line 1: layers: they add up to 7, but model.layers is 6");
}

// What is accepted is a plan; all else is refused with file and line.
TEST(PlanFileTest, DamagedTextsAreRefusedInOneLine) {
  const std::string good = ToJson(SomeFile());
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    const std::string text = DamagedText(good, seed);
    const std::string error = ParseError(text);
    if (error == "no error") {
      const std::string again = ToJson(ParsePlanFile(text, "p.json"));
      EXPECT_EQ(ToJson(ParsePlanFile(again, "p.json")), again) << text;
      continue;
    }
    ++refused;
    EXPECT_EQ(error.rfind("p.json: line ", 0), 0u) << error << "\n" << text;
  }
  EXPECT_GT(refused, 3000);
}

TEST(PlanFileTest, SharesAreThoseOfTheModel) {
  PlanFile file = SomeFile();
  file.plan.strategy = "galaxy";
  file.plan.layers = {6, 6};
  file.plan.shares = {{3, 1}, {64, 64}, {1, 1}};
  const std::string good = ToJson(file);
  EXPECT_EQ(ParseError(good), "no error");
  EXPECT_EQ(ParseError(Replaced(good, "[3,1]", "[3,16777216]")),
            "p.json: line 1: heads: they add up to 16777219, but model.kv_heads is 4");
  EXPECT_EQ(ParseError(Replaced(good, "[64,64]", "[64,63]")),
            "p.json: line 1: columns: they add up to 127, but model.ffn is 128");
  EXPECT_EQ(ParseError(Replaced(good, "[1,1]", "[0,0]")),
            "p.json: line 1: rows: all are 0, expected a weight above 0");
}

TEST(PlanFileTest, OtherShapesAreRefused) {
  const PlanFile file = SomeFile();
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
}

TEST(PlanFileTest, OtherPromptsAreRefused) {
  Plan plan = SomeFile().plan;
  const auto error = [&](int tokens) {
    return RefusalOf([&] { CheckPrompt(plan, "p.json", tokens); });
  };
  const std::string advice =
      "plan again with jupiter_plan --n-prompt 161, or for all shorter prompts too with "
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

#include "bench/flags/outline_templates.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "model/outline/encode_prompt.h"
#include "model/outline/expansion.h"
#include "model/tokenizers/open_tokenizer.h"
#include "planning/drafts/outline_workload.h"
#include "planning/drafts/outline_workload_file.h"
#include "tests/model/loaders/temp_directory.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

constexpr char kGood[] = R"(jupiter_outline_templates: 1
formats:
  small:
    controls: ["<|x|>"]
    answer: "<|x|>{question}"
    skeleton: "{question} Plan:"
    skeleton_start: "1."
    expansion: "{question}\n{skeleton}"
    point: "\n{number}. {point}:"
    heading: "{number}. {point}:"
    next_point: ["\n{next}.", "END"]
    joiner: "\n"
)";

std::string TemplateRefusal(const std::string& from, const std::string& to) {
  return RefusalOf([&] { ParseOutlineTemplates(Replaced(kGood, from, to), "file"); });
}

TEST(OutlineTemplatesTest, ReadsEveryField) {
  const OutlineTemplates templates = ParseOutlineTemplates(kGood, "file");
  ASSERT_EQ(templates.size(), 1u);
  const OutlineTemplate& small = templates.at("small");
  EXPECT_EQ(small.format, "small");
  const Prompt answer = small.answer.Fill({{"question", "Why?"}});
  ASSERT_EQ(answer.size(), 2u);
  EXPECT_TRUE(answer[0].control);
  EXPECT_EQ(PromptText(answer), "<|x|>Why?");
  EXPECT_EQ(PromptText(small.skeleton.Fill({{"question", "Why?"}})), "Why? Plan:");
  EXPECT_EQ(small.skeleton_start, "1.");
  EXPECT_EQ(PromptText(small.expansion.Fill({{"question", "Why?"}, {"skeleton", "1. x"}})),
            "Why?\n1. x");
  EXPECT_EQ(PromptText(small.point.Fill({{"number", "1"}, {"point", "x"}})), "\n1. x:");
  EXPECT_EQ(PromptText(small.heading.Fill({{"number", "1"}, {"point", "x"}})), "1. x:");
  ASSERT_EQ(small.next_point.size(), 2u);
  EXPECT_EQ(PromptText(small.next_point[0].Fill({{"next", "2"}})), "\n2.");
  EXPECT_EQ(small.joiner, "\n");
}

TEST(OutlineTemplatesTest, OptionalFields) {
  std::string text = Replaced(kGood, "    skeleton_start: \"1.\"\n", "");
  text = Replaced(text, "    heading: \"{number}. {point}:\"\n", "");
  text = Replaced(text, "    controls: [\"<|x|>\"]\n", "");
  text = Replaced(text, "[\"\\n{next}.\", \"END\"]", "[]");
  const OutlineTemplate small = ParseOutlineTemplates(text, "file").at("small");
  EXPECT_EQ(small.skeleton_start, "");
  EXPECT_EQ(PromptText(small.heading.Fill({})), "");
  EXPECT_TRUE(small.next_point.empty());
  EXPECT_FALSE(small.answer.Fill({{"question", ""}})[0].control);
}

TEST(OutlineTemplatesTest, Refusals) {
  EXPECT_EQ(TemplateRefusal("{question} Plan:", "Plan:"),
            "file: line 6: formats.\"small\".skeleton: the placeholder {question} is missing");
  EXPECT_EQ(
      TemplateRefusal("{question} Plan:", "{question} {skeleton}"),
      "file: line 6: formats.\"small\".skeleton: unknown placeholder {skeleton}, expected one of "
      "{question}; a brace in the text is written twice");
  EXPECT_EQ(TemplateRefusal("{question}\\n{skeleton}", "{question}"),
            "file: line 8: formats.\"small\".expansion: the placeholder {skeleton} is missing");
  EXPECT_EQ(TemplateRefusal("\\n{number}. {point}:\"", "{point}\""),
            "file: line 9: formats.\"small\".point: the placeholder {number} is missing");
  EXPECT_EQ(
      TemplateRefusal("\"END\"", "\"{END\""),
      "file: line 11: formats.\"small\".next_point[1]: a { that begins no placeholder; a brace in "
      "the text is written twice");
  EXPECT_EQ(TemplateRefusal("    joiner: \"\\n\"\n", ""),
            "file: line 4: formats.\"small\".joiner: missing; add \"joiner: ...\"");
  EXPECT_NE(TemplateRefusal("joiner", "joinr").find("line 12: formats.\"small\""),
            std::string::npos);
  EXPECT_NE(TemplateRefusal("joiner", "joinr").find("joiner"), std::string::npos);
  EXPECT_NE(TemplateRefusal("[\"\\n{next}.\", \"END\"]", "END")
                .find("line 11: formats.\"small\".next_point"),
            std::string::npos);
  EXPECT_NE(
      TemplateRefusal("templates: 1", "templates: 2").find("line 1: jupiter_outline_templates"),
      std::string::npos);
  EXPECT_EQ(RefusalOf([] {
              ParseOutlineTemplates("jupiter_outline_templates: 1\nformats: {}\n", "file");
            }),
            "file: line 2: formats: 0 chat formats, expected 1 to 100");
}

TEST(OutlineTemplatesTest, ShippedFormats) {
  for (const char* format : {"plain", "llama2", "chatml"}) {
    const OutlineTemplate shipped = LoadOutlineTemplate(kDefaultOutlineTemplates, format);
    EXPECT_EQ(shipped.format, format);
    EXPECT_FALSE(shipped.next_point.empty()) << format;
    // The model goes on after the heading, with which its prompt ends.
    const PlaceholderValues values = {{"number", "3"}, {"point", "Dogs"}};
    const std::string heading = PromptText(shipped.heading.Fill(values));
    EXPECT_TRUE(PromptText(shipped.point.Fill(values)).ends_with(heading)) << format;
    // What the model is asked to begin with, and goes on with, is an outline.
    EXPECT_TRUE(ParseOutline(shipped.skeleton_start + " Dogs\n2. Cats").usable()) << format;
  }
  const std::string error =
      RefusalOf([] { LoadOutlineTemplate(kDefaultOutlineTemplates, "lama2"); });
  EXPECT_NE(error.find("no chat format \"lama2\", expected one of chatml, llama2, plain; did you "
                       "mean llama2?"),
            std::string::npos)
      << error;
}

TEST(OutlineTemplatesTest, UsersHaveTheirOwnFile) {
  const TempDirectory directory;
  const std::string path = directory.Write("mine.yaml", kGood);
  EXPECT_EQ(LoadOutlineTemplate(path, "small").joiner, "\n");
  const std::string error = RefusalOf([] { LoadOutlineTemplate("outlne", "small"); });
  EXPECT_NE(error.find("did you mean outline?"), std::string::npos) << error;
}

// The workload of emulated runs says what the shipped prompts for Llama 2 take.
TEST(OutlineTemplatesTest, DefaultWorkloadHasTheTokensOfTheTemplates) {
  const char* const folder = std::getenv("JUPITER_TEST_MODELS");
  const std::string vocabulary =
      std::string(folder == nullptr ? "" : folder) + "/tokenizers/ggml-vocab-llama-spm.gguf";
  if (!std::filesystem::exists(vocabulary)) {
    GTEST_SKIP()
        << "set JUPITER_TEST_MODELS to a folder that has tokenizers/ggml-vocab-llama-spm.gguf";
  }
  const auto tokenizer = OpenTokenizer(vocabulary);
  const OutlineTemplate llama2 = LoadOutlineTemplate(kDefaultOutlineTemplates, "llama2");
  const OutlineWorkload workload = LoadOutlineWorkload(FindOutlineWorkload("skeleton-of-thought"));
  EXPECT_EQ(std::ssize(SkeletonPrompt(llama2, *tokenizer, "")), workload.skeleton_prompt_tokens);
  const Prompt prefix = llama2.expansion.Fill({{"question", ""}, {"skeleton", ""}});
  EXPECT_EQ(std::ssize(EncodePrompt(*tokenizer, prefix)), workload.shared_prefix_tokens);
  // The heading is the outline's line without its number and line end.
  const Prompt suffix = llama2.point.Fill({{"number", "1"}, {"point", ""}});
  const auto heading = workload.point_suffix_tokens - std::ssize(EncodeSuffix(*tokenizer, suffix));
  EXPECT_GE(heading, 1);
  EXPECT_LT(heading, workload.skeleton_tokens_per_point);
}

}  // namespace
}  // namespace jupiter

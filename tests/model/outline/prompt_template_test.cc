#include "model/outline/prompt_template.h"

#include <gtest/gtest.h>

#include "kernels/base/check.h"
#include "model/outline/encode_prompt.h"
#include "tests/model/outline/toy_tokenizer.h"

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;

// "text|<control>|text"
std::string ShowPrompt(const Prompt& prompt) {
  std::string shown;
  for (const PromptPart& part : prompt) {
    shown += fmt::format(fmt::runtime(part.control ? "{}<{}>" : "{}{}"), shown.empty() ? "" : "|",
                         part.text);
  }
  return shown;
}

std::string WhatIsWrong(const std::string& text) {
  try {
    PromptTemplate(text, {"question", "skeleton"});
  } catch (const UserError& error) {
    return error.what();
  }
  return "nothing";
}

TEST(PromptTemplateTest, FillsPlaceholders) {
  const PromptTemplate both("Q: {question}\nS: {skeleton}{question}", {"question", "skeleton"});
  EXPECT_TRUE(both.Has("question"));
  EXPECT_FALSE(both.Has("point"));
  EXPECT_EQ(ShowPrompt(both.Fill({{"question", "why?"}, {"skeleton", "1. x"}})),
            "Q: why?\nS: 1. xwhy?");
  EXPECT_TRUE(PromptTemplate("", {}).Fill({}).empty());
  EXPECT_TRUE(PromptTemplate("{question}", {"question"}).Fill({{"question", ""}}).empty());
}

TEST(PromptTemplateTest, BracesAreWrittenTwice) {
  EXPECT_EQ(ShowPrompt(PromptTemplate("{{question}} }}{{", {}).Fill({})), "{question} }{");
}

TEST(PromptTemplateTest, FilledTextIsData) {
  const PromptTemplate chat("[S]{question}[E]", {"question"}, {"[S]", "[E]"});
  EXPECT_EQ(ShowPrompt(chat.Fill({{"question", "{question} [S] {{"}})),
            "<[S]>|{question} [S] {{|<[E]>");
  EXPECT_EQ(PromptText(chat.Fill({{"question", "x"}})), "[S]x[E]");
  EXPECT_EQ(ShowPrompt(chat.Fill({{"question", ""}})), "<[S]>|<[E]>");
}

TEST(PromptTemplateTest, RefusesWhatIsNoTemplate) {
  EXPECT_EQ(WhatIsWrong("{point}"),
            "unknown placeholder {point}, expected one of {question}, {skeleton}; a brace in the "
            "text is written twice");
  const std::string no_placeholder =
      "a { that begins no placeholder; a brace in the text is written twice";
  for (const char* text : {"{", "{question", "{ question}", "{}x{", "{Question}", "x{1}"}) {
    const std::string wrong = WhatIsWrong(text);
    EXPECT_TRUE(wrong == no_placeholder || wrong.starts_with("unknown placeholder {}")) << wrong;
  }
  EXPECT_EQ(WhatIsWrong("question}"),
            "a } that closes nothing; a brace in the text is written twice");
}

TEST(EncodePromptTest, BosAndSpaceInFrontOnce) {
  const ToyTokenizer tokenizer;  // BOS 256
  EXPECT_EQ(EncodePrompt(tokenizer, {{false, "ab"}}), (Ids{256, ' ', 'a', 'b'}));
  EXPECT_EQ(EncodePrompt(tokenizer, {}), Ids{256});
  EXPECT_EQ(EncodeSuffix(tokenizer, {{false, "ab"}}), (Ids{'a', 'b'}));
  EXPECT_EQ(EncodeSuffix(tokenizer, {}), Ids{});
}

TEST(EncodePromptTest, ControlTokens) {
  const ToyTokenizer tokenizer({}, {"<s>", "</s>", "<|x|>"});  // 256, 257, 258
  EXPECT_EQ(EncodePrompt(tokenizer, {{true, "<|x|>"}, {false, "a"}, {true, "</s>"}}),
            (Ids{256, 258, 'a', 257}));
  // A template that writes BOS itself does not get another one.
  EXPECT_EQ(EncodePrompt(tokenizer, {{true, "<s>"}, {false, "a"}}), (Ids{256, 'a'}));
  EXPECT_EQ(EncodeSuffix(tokenizer, {{false, "a"}, {true, "<|x|>"}}), (Ids{'a', 258}));
  // As text, the name is text.
  EXPECT_EQ(EncodeSuffix(tokenizer, {{false, "<s>"}}), (Ids{'<', 's', '>'}));
}

TEST(EncodePromptTest, RefusesControlsThatTheVocabularyLacks) {
  try {
    EncodeSuffix(ToyTokenizer(), {{true, "<|im_start|>"}});
    FAIL() << "no UserError";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("no control token <|im_start|>"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace jupiter

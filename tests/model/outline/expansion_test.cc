#include "model/outline/expansion.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/tokenizers/open_tokenizer.h"
#include "tests/model/outline/toy_tokenizer.h"
#include "tests/model/tokenizers/test_files.h"

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;
using Strings = std::vector<std::string>;

OutlineTemplate Small() {
  OutlineTemplate small;
  small.format = "small";
  small.answer = PromptTemplate("{question}", {"question"});
  small.skeleton = PromptTemplate("{question} Plan:", {"question"});
  small.skeleton_start = " 1.";
  small.expansion = PromptTemplate("{question}\n{skeleton}\n", {"question", "skeleton"});
  small.point = PromptTemplate(" {number}. {point}:", {"number", "point"});
  small.heading = PromptTemplate("{number}. {point}:", {"number", "point"});
  small.next_point = {PromptTemplate("\n{next}.", {"next"}), PromptTemplate("END", {"next"})};
  small.joiner = "\n\n";
  return small;
}

// The text of the ids as they stand, with BOS as "<s>".
std::string TextOf(const Tokenizer& tokenizer, const Ids& ids) {
  std::string text;
  for (std::int32_t id : ids) {
    text += id == tokenizer.bos() ? "<s>" : tokenizer.Piece(id, /*first=*/false);
  }
  return text;
}

TEST(ExpansionTest, Prompts) {
  const ToyTokenizer tokenizer;
  EXPECT_EQ(TextOf(tokenizer, SkeletonPrompt(Small(), tokenizer, "Why?")), "<s> Why? Plan: 1.");
  EXPECT_EQ(TextOf(tokenizer, AnswerPrompt(Small(), tokenizer, "Why?")), "<s> Why?");
  const Expansion expansion =
      ExpandOutline(Small(), tokenizer, "Why?", {{1, "Dogs"}, {2, "Cats"}, {3, "Fish"}});
  EXPECT_EQ(TextOf(tokenizer, expansion.prefix), "<s> Why?\n1. Dogs\n2. Cats\n3. Fish\n");
  ASSERT_EQ(expansion.points.size(), 3u);
  EXPECT_EQ(TextOf(tokenizer, expansion.points[1].suffix), " 2. Cats:");
  EXPECT_EQ(expansion.points[1].heading, "2. Cats:");
  EXPECT_EQ(expansion.joiner, "\n\n");
}

TEST(ExpansionTest, MarkersNameTheNextPoint) {
  const ToyTokenizer tokenizer;
  const Expansion expansion =
      ExpandOutline(Small(), tokenizer, "Why?", {{1, "Dogs"}, {4, "Cats"}, {5, "Fish"}});
  // By counting, and as the outline goes on.
  EXPECT_EQ(expansion.points[0].markers, (Strings{"\n2.", "\n4.", "END"}));
  EXPECT_EQ(expansion.points[1].markers, (Strings{"\n5.", "END"}));
  EXPECT_EQ(expansion.points[2].markers, (Strings{"\n6.", "END"}));
}

TEST(ExpansionTest, RefusesAPointWithoutTokens) {
  OutlineTemplate empty = Small();
  empty.point = PromptTemplate("", {});
  const std::string line = UserErrorOf([&] {
    ExpandOutline(empty, ToyTokenizer(), "Why?", {{1, "Dogs"}});
  });
  EXPECT_NE(line.find("point 1 has no tokens"), std::string::npos) << line;
}

// Of real vocabularies: whatever question and points are, the prompts say what the templates say.
class RealExpansionTest : public testing::TestWithParam<std::string> {};

TEST_P(RealExpansionTest, PrefixAndSuffixAreThePrompt) {
  const std::string path = ModelFile(GetParam());
  JUPITER_SKIP_WITHOUT(path, GetParam());
  const auto tokenizer = OpenTokenizer(path);
  for (const std::string question : {"Why do dogs bark?", " a  b ", "<s></s>", "\u00e9t\u00e9\n"}) {
    const Expansion expansion =
        ExpandOutline(Small(), *tokenizer, question, {{1, "Dogs"}, {2, question + "x"}});
    const auto count =
        std::count(expansion.prefix.begin(), expansion.prefix.end(), tokenizer->bos().value_or(-1));
    EXPECT_EQ(count, tokenizer->adds_bos() ? 1 : 0);
    for (const PointExpansion& point : expansion.points) {
      EXPECT_EQ(std::count(point.suffix.begin(), point.suffix.end(), tokenizer->bos().value_or(-1)),
                0);
    }
    Ids prompt = expansion.prefix;
    prompt.insert(prompt.end(), expansion.points[1].suffix.begin(),
                  expansion.points[1].suffix.end());
    EXPECT_EQ(tokenizer->Decode(prompt),
              question + "\n1. Dogs\n2. " + question + "x\n 2. " + question + "x:");
  }
}

INSTANTIATE_TEST_SUITE_P(Vocabularies, RealExpansionTest,
                         testing::Values("tokenizers/ggml-vocab-llama-spm.gguf",
                                         "tokenizers/ggml-vocab-gpt-2.gguf",
                                         "stories260K/tok512.bin"),
                         [](const auto& info) { return "File" + std::to_string(info.index); });

}  // namespace
}  // namespace jupiter

// Published vocabularies against the ids that their own engines give.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/tokenizers/open_tokenizer.h"
#include "model/tokenizers/tokenizer.h"
#include "tests/model/tokenizers/random_text.h"
#include "tests/model/tokenizers/test_files.h"
#include "tests/model/tokenizers/vectors.h"

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;

class VectorTest : public testing::TestWithParam<std::string> {};

TEST_P(VectorTest, GivesTheIdsOfItsOwnEngine) {
  const std::string name = "tokenizers/ggml-vocab-" + GetParam() + ".gguf";
  const std::string path = ModelFile(name);
  JUPITER_SKIP_WITHOUT(path, name);
  const auto [texts, expected] = ReadVectors(path);
  ASSERT_EQ(texts.size(), 47u);
  const auto tokenizer = OpenTokenizer(path);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(tokenizer->Encode(texts[i]), expected[i]) << i << ": " << texts[i];
    EXPECT_EQ(tokenizer->Decode(expected[i]), texts[i]) << i;
  }
}

TEST_P(VectorTest, RoundTripsRandomText) {
  const std::string name = "tokenizers/ggml-vocab-" + GetParam() + ".gguf";
  const std::string path = ModelFile(name);
  JUPITER_SKIP_WITHOUT(path, name);
  const auto tokenizer = OpenTokenizer(path);
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = RandomUtf8(random, static_cast<std::size_t>(i % 80));
    ASSERT_EQ(tokenizer->Decode(tokenizer->Encode(text)), text) << i;
    ASSERT_EQ(tokenizer->Decode(tokenizer->EncodePrompt(text)), text) << i;
    const std::string bytes = RandomBytes(random, static_cast<std::size_t>(i % 40));
    ASSERT_EQ(tokenizer->Decode(tokenizer->Encode(bytes)), bytes) << i;
  }
}

TEST_P(VectorTest, ContinuationsAreTheTextWithoutASpaceInFront) {
  const std::string name = "tokenizers/ggml-vocab-" + GetParam() + ".gguf";
  const std::string path = ModelFile(name);
  JUPITER_SKIP_WITHOUT(path, name);
  const auto tokenizer = OpenTokenizer(path);
  const auto text_of = [&](const Ids& ids) {
    std::string text;
    for (std::int32_t id : ids) text += tokenizer->Piece(id, /*first=*/false);
    return text;
  };
  std::mt19937 random(2);
  for (int i = 0; i < 500; ++i) {
    const std::string text = RandomUtf8(random, static_cast<std::size_t>(i % 80));
    const Ids ids = tokenizer->EncodeContinuation(text);
    ASSERT_EQ(text_of(ids), text) << i;
    // A space in front is what makes the difference between the two.
    if (GetParam() == "llama-spm" && !text.empty()) {
      ASSERT_EQ(tokenizer->EncodeContinuation(" " + text), tokenizer->Encode(text)) << i;
    } else {
      ASSERT_EQ(ids, tokenizer->Encode(text)) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Vocabularies, VectorTest, testing::Values("llama-spm", "gpt-2"),
                         [](const auto& info) {
                           return info.param == "gpt-2" ? "Gpt2" : "LlamaSpm";
                         });

class StoriesTest : public testing::TestWithParam<std::string> {};

TEST_P(StoriesTest, EncodesThePromptAndDecodesTheStory) {
  const std::string path = ModelFile(GetParam());
  const std::string greedy_path = ModelFile("stories260K/greedy.json");
  JUPITER_SKIP_WITHOUT(path, GetParam());
  JUPITER_SKIP_WITHOUT(greedy_path, "stories260K/greedy.json");
  const auto greedy = nlohmann::json::parse(ReadText(greedy_path));
  const auto tokenizer = OpenTokenizer(path);
  EXPECT_EQ(tokenizer->vocab_size(), 512);
  const Ids prompt = tokenizer->EncodePrompt(greedy["prompt"].get<std::string>());
  EXPECT_EQ(prompt, (Ids{1, 403, 407, 261, 378}));
  EXPECT_EQ(prompt, greedy["prompt_ids"].get<Ids>());

  Ids all = prompt;
  for (const auto& id : greedy["generated_ids"]) all.push_back(id.get<std::int32_t>());
  // The program that wrote the text ends its output with a newline.
  const std::string text = greedy["text"].get<std::string>();
  EXPECT_EQ(tokenizer->Decode(all) + "\n", text);
  // Without BOS the first token's space is dropped just the same.
  EXPECT_EQ(tokenizer->Decode(std::span(all).subspan(1)) + "\n", text);
  EXPECT_EQ(tokenizer->bos(), 1);
  EXPECT_EQ(tokenizer->end_ids(), Ids{2});
}

INSTANTIATE_TEST_SUITE_P(Files, StoriesTest,
                         testing::Values("stories260K/tok512.bin",
                                         "stories260K/stories260K-f32.gguf",
                                         "stories260K/stories260K-f16.gguf"),
                         [](const auto& info) { return "File" + std::to_string(info.index); });

}  // namespace
}  // namespace jupiter

#include <gtest/gtest.h>

#include "model/tokenizers/open_tokenizer.h"
#include "model/tokenizers/tokenizer.h"
#include "tests/model/tokenizers/gguf_bytes.h"
#include "tests/model/tokenizers/random_text.h"
#include "tests/model/tokenizers/test_files.h"

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;

constexpr char kJson[] = R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "<s>": 2},
  "merges": []}, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}})";

TEST(OpenTokenizerTest, Synthetic) {
  const auto tokenizer = OpenTokenizer("synthetic:tiny");
  EXPECT_EQ(tokenizer->vocab_size(), 259);
  EXPECT_EQ(tokenizer->EncodePrompt("A\xff"), (Ids{1, 'A' + 3, 0xff + 3}));
  EXPECT_EQ(tokenizer->end_ids(), Ids{2});
  EXPECT_EQ(tokenizer->Decode(Ids{0, 1, 2, 3 + 'x', 258, 259, 31999, -1}), "x\xff");
  std::mt19937 random(2);
  const std::string bytes = RandomBytes(random, 1000);
  EXPECT_EQ(tokenizer->Decode(tokenizer->Encode(bytes)), bytes);
}

TEST(OpenTokenizerTest, DirectoryWithItsConfig) {
  const TempFolder folder;
  const std::string file = folder.Write("tokenizer.json", kJson);
  EXPECT_FALSE(OpenTokenizer(folder.path())->bos());
  folder.Write("tokenizer_config.json", R"({"bos_token": "<s>", "add_bos_token": true})");
  for (const std::string& path : {folder.path(), folder.path() + "/", file}) {
    const auto tokenizer = OpenTokenizer(path);
    EXPECT_EQ(tokenizer->EncodePrompt("ab"), (Ids{2, 0, 1}));
  }
}

TEST(OpenTokenizerTest, JsonIsKnownByContent) {
  const TempFolder folder;
  EXPECT_EQ(OpenTokenizer(folder.Write("vocabulary", kJson))->vocab_size(), 3);
}

TEST(OpenTokenizerTest, ErrorsNameThePath) {
  const TempFolder folder;
  const auto expect = [](const std::string& path, const std::string& part) {
    const std::string message = UserErrorOf([&] { OpenTokenizer(path); });
    EXPECT_NE(message.find(path), std::string::npos) << message;
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  expect(folder.path(), "no tokenizer.json");
  expect(folder.path() + "/missing.gguf", "No such file");
  expect(folder.Write("empty.bin", ""), "truncated");
  expect(folder.Write("empty.json", ""), "not valid JSON");
  expect(folder.Write("text", "Once upon a time"), "longest token");
  expect(folder.Write("cut.gguf", "GGUF"), "cut.gguf");
  expect(folder.Write("novocab.gguf", GgufBytes({})), "tokenizer.ggml.model");
}

}  // namespace
}  // namespace jupiter

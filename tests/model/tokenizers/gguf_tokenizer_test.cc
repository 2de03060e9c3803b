#include "model/tokenizers/gguf_tokenizer.h"

#include <gtest/gtest.h>

#include <limits>

#include "model/loaders/gguf_checkpoint.h"
#include "model/loaders/gguf_file.h"
#include "model/tokenizers/byte_alphabet.h"
#include "tests/model/tokenizers/gguf_bytes.h"
#include "tests/model/tokenizers/test_files.h"

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;
using Strings = std::vector<std::string>;

std::unique_ptr<Tokenizer> OpenEntries(const GgufEntries& entries) {
  return OpenGgufTokenizer(GgufFile(MappedFile::FromBytes("vocab.gguf", GgufBytes(entries))));
}

std::string GgufRefusal(const GgufEntries& entries) {
  return UserErrorOf([&] { OpenEntries(entries); });
}

// unk, BOS, EOS, "<0x41>" (A), then pieces.
GgufEntries GgufSpm() {
  return {{"model", std::string("llama")},
          {"tokens", Strings{"<unk>", "<s>", "</s>", "<0x41>", "\u2581", "a", "b", "ab", "\u2581a",
                             "<", "s", ">", "<s"}},
          {"scores", std::vector<float>{0, 0, 0, 0, -9, -9, -9, -1, -2, -9, -9, -9, -3}},
          {"token_type", Ids{2, 3, 3, 6, 1, 1, 1, 1, 1, 1, 1, 1, 1}}};
}

// The 256 bytes in order, then the given tokens (written in bytes), then controls.
GgufEntries ByteBpe(const std::string& pre, const Strings& tokens, const Strings& merges,
                    const Strings& controls = {}) {
  Strings all;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    all.push_back(ToAlphabet({&c, 1}));
  }
  for (const std::string& token : tokens) all.push_back(ToAlphabet(token));
  Ids types(all.size(), 1);
  for (const std::string& control : controls) {
    all.push_back(control);
    types.push_back(3);
  }
  return {{"model", std::string("gpt2")},
          {"pre", pre},
          {"tokens", all},
          {"token_type", types},
          {"merges", merges}};
}

TEST(GgufSpmTest, MergesTheBestScoreAndSpellsTheRestInBytes) {
  const auto tokenizer = OpenEntries(GgufSpm());
  // "_ab": ab scores above _a.
  EXPECT_EQ(tokenizer->Encode("ab"), (Ids{4, 7}));
  EXPECT_EQ(tokenizer->Encode("a"), Ids{8});
  EXPECT_EQ(tokenizer->Encode(" a"), (Ids{4, 8}));
  EXPECT_EQ(tokenizer->Encode("A"), (Ids{4, 3}));
  EXPECT_EQ(tokenizer->Encode("Z"), (Ids{4, 0})) << "no such byte token: unknown";
  EXPECT_EQ(tokenizer->Encode(""), Ids{});
  EXPECT_EQ(tokenizer->EncodePrompt("a"), (Ids{1, 8}));
  EXPECT_EQ(tokenizer->EncodePrompt(""), Ids{1});
  EXPECT_EQ(tokenizer->Decode(Ids{1, 4, 8, 3, 2}), " aA");
  EXPECT_EQ(tokenizer->Piece(8, true), "a");
  EXPECT_EQ(tokenizer->Piece(8, false), " a");
  EXPECT_EQ(tokenizer->Piece(-1, true) + tokenizer->Piece(13, true), "") << "outside";
}

TEST(GgufSpmTest, TextNeverBecomesAControlToken) {
  const auto tokenizer = OpenEntries(GgufSpm());
  EXPECT_EQ(tokenizer->Encode("<s>"), (Ids{4, 12, 11}));
  EXPECT_EQ(tokenizer->Decode(tokenizer->Encode("<s>")), "<s>");
}

TEST(GgufSpmTest, FlagsAreObeyed) {
  GgufEntries entries = GgufSpm();
  entries["add_space_prefix"] = false;
  entries["add_bos_token"] = false;
  entries["eos_token_id"] = std::uint32_t{6};
  const auto tokenizer = OpenEntries(entries);
  EXPECT_EQ(tokenizer->EncodePrompt("a"), Ids{5});
  EXPECT_EQ(tokenizer->Decode(Ids{8}), " a");
  EXPECT_EQ(tokenizer->end_ids(), (Ids{6, 2})) << "EOS of the file, and </s> by its name";
  EXPECT_EQ(tokenizer->Piece(6, false), "") << "EOS is a control whatever its type says";
}

TEST(GgufSpmTest, KindsAreGuessedWithoutTypes) {
  GgufEntries entries = GgufSpm();
  entries.erase("token_type");
  const auto tokenizer = OpenEntries(entries);
  EXPECT_EQ(tokenizer->Encode("A"), (Ids{4, 3}));
  EXPECT_EQ(tokenizer->Decode(Ids{1, 8, 2}), "a");
}

TEST(GgufByteBpeTest, MergesByRankInsideWords) {
  // 256 "ab", 257 "abc", 258 " a"; the first merge of the list wins.
  const auto tokenizer = OpenEntries(
      ByteBpe("gpt-2", {"ab", "abc", " a"}, {"\u0120 a", "a b", "ab c"}, {"<|endoftext|>"}));
  EXPECT_EQ(tokenizer->Encode("abc"), Ids{257});
  EXPECT_EQ(tokenizer->Encode(" abc"), (Ids{258, 'b', 'c'}));
  EXPECT_EQ(tokenizer->Encode("\xff\n"), (Ids{0xff, '\n'}));
  EXPECT_EQ(tokenizer->Decode(Ids{258, 'b', 0xc3, 0xa9, 259}), " ab\u00e9");
  EXPECT_EQ(tokenizer->end_ids(), Ids{259});
  EXPECT_FALSE(tokenizer->adds_bos());
  EXPECT_EQ(tokenizer->Encode("<|endoftext|>").size(), 13u) << "text is data";
}

TEST(GgufByteBpeTest, PreTokeniserDecidesWhatMerges) {
  const Strings tokens = {"12", "1234", "34"};
  const Strings merges = {"1 2", "3 4", "12 34"};
  EXPECT_EQ(OpenEntries(ByteBpe("gpt-2", tokens, merges))->Encode("1234"), Ids{257});
  EXPECT_EQ(OpenEntries(ByteBpe("llama-bpe", tokens, merges))->Encode("1234"),
            (Ids{256, '3', '4'}));
  EXPECT_EQ(OpenEntries(ByteBpe("qwen2", tokens, merges))->Encode("1234"),
            (Ids{'1', '2', '3', '4'}));
}

TEST(GgufByteBpeTest, Llama3IgnoresMergesOfWholeWordsAndAddsBos) {
  // "abc" is a token that no merges lead to.
  GgufEntries llama = ByteBpe("llama-bpe", {"ab", "abc"}, {"a b"},
                              {"<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"});
  llama["bos_token_id"] = std::uint32_t{258};
  llama["eos_token_id"] = std::uint32_t{259};
  const auto tokenizer = OpenEntries(llama);
  EXPECT_EQ(tokenizer->EncodePrompt("abc"), (Ids{258, 257}));
  EXPECT_EQ(tokenizer->Encode("abcd"), (Ids{256, 'c', 'd'}));
  EXPECT_EQ(tokenizer->end_ids(), (Ids{259, 260}));
  EXPECT_EQ(OpenEntries(ByteBpe("qwen2", {"ab", "abc"}, {"a b"}))->Encode("abc"), (Ids{256, 'c'}));
}

TEST(GgufByteBpeTest, EndOfTurnOfTheFile) {
  GgufEntries qwen = ByteBpe("qwen2", {}, {}, {"<|endoftext|>", "<|im_start|>", "<|im_end|>"});
  qwen["eos_token_id"] = std::uint32_t{258};
  qwen["eot_token_id"] = std::uint32_t{257};
  EXPECT_EQ(OpenEntries(qwen)->end_ids(), (Ids{258, 257, 256}));
}

TEST(GgufTokenizerTest, MalformedVocabulariesAreRefused) {
  const auto changed = [](GgufEntries entries, const std::string& key, GgufEntry value) {
    entries[key] = std::move(value);
    return GgufRefusal(entries);
  };
  const auto expect = [](const std::string& message, const std::string& part) {
    EXPECT_EQ(message.rfind("vocab.gguf", 0), 0u) << message;
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  expect(changed(GgufSpm(), "model", std::string("bert")), "'bert'");
  expect(changed(GgufSpm(), "model", std::string("a\nb")), "a\\x0ab");
  expect(changed(GgufSpm(), "scores", std::vector<float>{1, 2}), "13 tokens but 2 scores");
  expect(
      changed(GgufSpm(), "scores", std::vector<float>(13, std::numeric_limits<float>::quiet_NaN())),
      "not a number");
  expect(changed(GgufSpm(), "token_type", Ids{1}), "13 tokens but 1 token types");
  expect(changed(GgufSpm(), "token_type", Ids(13, 7)), "has type 7");
  expect(changed(GgufSpm(), "token_type", Ids(13, 6)), "expected <0xHH>");
  expect(changed(GgufSpm(), "bos_token_id", std::uint32_t{13}), "bos_token_id is 13");
  expect(changed(GgufSpm(), "eos_token_id", std::uint32_t{0xffffffff}), "there are 13 tokens");
  expect(changed(GgufSpm(), "tokens", Strings{}), "0 tokens");
  expect(changed(GgufSpm(), "tokens", Ids{1}), "tokenizer.ggml.tokens");

  const GgufEntries bpe = ByteBpe("gpt-2", {"ab"}, {"a b"});
  expect(changed(bpe, "pre", std::string("deepseek-llm")), "'deepseek-llm'");
  expect(changed(bpe, "merges", Strings{"a b", "ab"}), "merge 1 is 'ab'");
  expect(changed(bpe, "merges", Strings{"a b c"}), "one space");
  expect(changed(bpe, "merges", Strings{"a c"}), "needs the token 'ac'");
  GgufEntries without = bpe;
  without.erase("pre");
  expect(GgufRefusal(without), "without tokenizer.ggml.pre");
  without = bpe;
  without.erase("merges");
  expect(GgufRefusal(without), "tokenizer.ggml.merges");
  without = GgufSpm();
  without.erase("model");
  expect(GgufRefusal(without), "tokenizer.ggml.model");
}

}  // namespace
}  // namespace jupiter

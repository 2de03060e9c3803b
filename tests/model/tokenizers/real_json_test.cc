// The vocabularies of the GGUF test vectors, written as tokenizer.json: the ids must stay the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "model/loaders/gguf_file.h"
#include "model/tokenizers/hf_json.h"
#include "model/tokenizers/hf_tokenizer.h"
#include "tests/model/tokenizers/test_files.h"
#include "tests/model/tokenizers/vectors.h"

namespace jupiter {
namespace {

HfJson VocabularyJson(const GgufFile& gguf) {
  HfJson vocab = HfJson::object();
  int id = 0;
  for (const std::string& token : gguf.Strings("tokenizer.ggml.tokens")) vocab[token] = id++;
  return vocab;
}

HfJson Gpt2Json(const GgufFile& gguf) {
  return {{"model",
           {{"type", "BPE"},
            {"vocab", VocabularyJson(gguf)},
            {"merges", gguf.Strings("tokenizer.ggml.merges")}}},
          {"added_tokens", {{{"id", 50256}, {"content", "<|endoftext|>"}, {"special", true}}}},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}}};
}

// Every way to make a token of two others, best score first: how Hugging Face turns a vocabulary
// with scores into one with merges.
HfJson MergesOfScores(const GgufFile& gguf) {
  const std::vector<std::string>& tokens = gguf.Strings("tokenizer.ggml.tokens");
  const std::vector<double>& scores = gguf.Reals("tokenizer.ggml.scores");
  std::unordered_map<std::string_view, int> ids;
  for (std::size_t id = 0; id < tokens.size(); ++id) ids.emplace(tokens[id], static_cast<int>(id));
  std::vector<std::tuple<double, int, int>> merges;
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const std::string_view text = tokens[id];
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      const auto left = ids.find(text.substr(0, cut));
      const auto right = ids.find(text.substr(cut));
      if (left == ids.end() || right == ids.end()) continue;
      merges.emplace_back(-scores[id], left->second, right->second);
    }
  }
  std::sort(merges.begin(), merges.end());
  HfJson list = HfJson::array();
  for (const auto& [score, left, right] : merges) {
    list.push_back(
        {tokens[static_cast<std::size_t>(left)], tokens[static_cast<std::size_t>(right)]});
  }
  return list;
}

HfJson LlamaJson(const GgufFile& gguf) {
  const HfJson prepend = {{"type", "Prepend"}, {"prepend", "\u2581"}};
  const HfJson replace = {
      {"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\u2581"}};
  return {{"model",
           {{"type", "BPE"},
            {"byte_fallback", true},
            {"unk_token", "<unk>"},
            {"vocab", VocabularyJson(gguf)},
            {"merges", MergesOfScores(gguf)}}},
          {"added_tokens",
           {{{"id", 1}, {"content", "<s>"}, {"special", true}},
            {{"id", 2}, {"content", "</s>"}, {"special", true}}}},
          {"normalizer", {{"type", "Sequence"}, {"normalizers", {prepend, replace}}}}};
}

void ExpectVectors(const std::string& vocabulary, HfJson (*convert)(const GgufFile&)) {
  const GgufFile gguf(MappedFile::Open(vocabulary));
  const std::string text = convert(gguf).dump();
  const auto tokenizer = OpenHfTokenizer({"tokenizer.json", text}, {});
  const auto [texts, expected] = ReadVectors(vocabulary);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(tokenizer->Encode(texts[i]), expected[i]) << i << ": " << texts[i];
    EXPECT_EQ(tokenizer->Decode(expected[i]), texts[i]) << i;
  }
}

TEST(RealJsonTest, Gpt2) {
  const std::string name = "tokenizers/ggml-vocab-gpt-2.gguf";
  const std::string path = ModelFile(name);
  JUPITER_SKIP_WITHOUT(path, name);
  ExpectVectors(path, Gpt2Json);
}

TEST(RealJsonTest, Llama) {
  const std::string name = "tokenizers/ggml-vocab-llama-spm.gguf";
  const std::string path = ModelFile(name);
  JUPITER_SKIP_WITHOUT(path, name);
  ExpectVectors(path, LlamaJson);
}

}  // namespace
}  // namespace jupiter

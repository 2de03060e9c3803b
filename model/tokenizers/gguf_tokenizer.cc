#include "model/tokenizers/gguf_tokenizer.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/loaders/gguf_file.h"
#include "model/tokenizers/byte_bpe_tokenizer.h"
#include "model/tokenizers/merge_rules.h"
#include "model/tokenizers/spm_tokenizer.h"
#include "model/tokenizers/utf8.h"
#include "model/tokenizers/vocabulary.h"

namespace jupiter {
namespace {

constexpr std::string_view kTokensKey = "tokenizer.ggml.tokens";
constexpr std::string_view kTypesKey = "tokenizer.ggml.token_type";

struct PreTokeniser {
  WordRule rule = WordRule::kGpt2;
  // What the models of this name do where the file does not say.
  bool ignore_merges = false;
  bool adds_bos = false;
};

PreTokeniser ReadPreTokeniser(const GgufFile& gguf) {
  constexpr std::string_view kPre = "tokenizer.ggml.pre";
  if (!gguf.Has(kPre)) {
    FailUser(
        "{}: byte-level BPE without {}: how words are cut is not known; convert the model "
        "anew, or name its tokenizer.json with --tokenizer",
        gguf.file().path(), kPre);
  }
  const std::string& name = gguf.String(kPre);
  if (name == "gpt-2" || name == "default") return {WordRule::kGpt2, false, false};
  if (name == "llama-bpe" || name == "llama3") return {WordRule::kLlama3, true, true};
  if (name == "qwen2") return {WordRule::kQwen2, false, false};
  FailUser(
      "{}: unsupported pre-tokeniser {} (tokenizer.ggml.pre); supported: gpt-2, default, "
      "llama-bpe, llama3, qwen2",
      gguf.file().path(), Quote(name));
}

Vocabulary ReadVocabulary(const GgufFile& gguf) {
  const std::vector<std::string>& tokens = gguf.Strings(kTokensKey);
  std::vector<std::int64_t> types(tokens.size(), static_cast<std::int64_t>(TokenKind::kNormal));
  if (gguf.Has(kTypesKey)) types = gguf.Integers(kTypesKey);
  if (tokens.empty() || types.size() != tokens.size()) {
    FailUser("{}: {} tokens but {} token types", gguf.file().path(), tokens.size(), types.size());
  }
  Vocabulary vocabulary;
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (types[id] < 1 || types[id] > 6) {
      FailUser("{}: token {} has type {}, expected 1 to 6", gguf.file().path(), id, types[id]);
    }
    vocabulary.Add(tokens[id], static_cast<TokenKind>(types[id]));
  }
  return vocabulary;
}

// The id under a key, `fallback` when there is no such key.
std::optional<std::int32_t> ReadId(const GgufFile& gguf, const Vocabulary& vocabulary,
                                   const std::string& key, std::optional<std::int32_t> fallback) {
  if (!gguf.Has(key) && !fallback) return std::nullopt;
  const std::int64_t id = gguf.Has(key) ? gguf.Integer(key) : *fallback;
  if (!vocabulary.Has(id)) {
    FailUser("{}: {} is {}, but there are {} tokens", gguf.file().path(), key, id,
             vocabulary.size());
  }
  return static_cast<std::int32_t>(id);
}

bool FlagOr(const GgufFile& gguf, std::string_view key, bool fallback) {
  return gguf.Has(key) ? gguf.Bool(key) : fallback;
}

// Reads the special ids and marks them in the vocabulary as controls.
SpecialTokens ReadSpecial(const GgufFile& gguf, Vocabulary& vocabulary, bool spm, bool adds_bos) {
  using Id = std::optional<std::int32_t>;
  SpecialTokens special;
  // sentencepiece models number their controls 1 and 2 unless told otherwise.
  special.bos = ReadId(gguf, vocabulary, "tokenizer.ggml.bos_token_id", spm ? Id(1) : Id());
  const Id eos = ReadId(gguf, vocabulary, "tokenizer.ggml.eos_token_id", spm ? Id(2) : Id());
  const Id eot = ReadId(gguf, vocabulary, "tokenizer.ggml.eot_token_id", Id());
  std::vector<std::int32_t> ends;
  if (eos) ends.push_back(*eos);
  if (eot) ends.push_back(*eot);
  for (std::int32_t id : ends) vocabulary.SetKind(id, TokenKind::kControl);
  if (special.bos) vocabulary.SetKind(*special.bos, TokenKind::kControl);
  special.end_ids = CollectEndIds(vocabulary, ends);
  special.adds_bos = FlagOr(gguf, "tokenizer.ggml.add_bos_token", adds_bos);
  return special;
}

// Files without token types still name their byte tokens and the unknown one.
void GuessKinds(const GgufFile& gguf, Vocabulary& vocabulary) {
  if (gguf.Has(kTypesKey)) return;
  for (std::int32_t id = 0; id < vocabulary.size(); ++id) {
    if (ParseByteToken(vocabulary.text(id))) vocabulary.SetKind(id, TokenKind::kByte);
    if (vocabulary.text(id) == "<unk>") vocabulary.SetKind(id, TokenKind::kUnknown);
  }
}

std::unique_ptr<Tokenizer> OpenSpm(const GgufFile& gguf) {
  const std::string& path = gguf.file().path();
  auto vocabulary = std::make_shared<Vocabulary>(ReadVocabulary(gguf));
  GuessKinds(gguf, *vocabulary);
  SpecialTokens special = ReadSpecial(gguf, *vocabulary, true, true);
  const bool prefix = FlagOr(gguf, "tokenizer.ggml.add_space_prefix", true);
  auto rule = std::make_unique<ScoreRule>(path, vocabulary, gguf.Reals("tokenizer.ggml.scores"));
  const SpmOptions options = {std::string(kSpaceMark),
                              prefix ? SpacePrefix::kAlways : SpacePrefix::kNone};
  return std::make_unique<SpmTokenizer>(path, vocabulary, std::move(rule), options,
                                        std::move(special));
}

std::unique_ptr<Tokenizer> OpenByteBpe(const GgufFile& gguf) {
  const std::string& path = gguf.file().path();
  const PreTokeniser pre = ReadPreTokeniser(gguf);
  Vocabulary vocabulary = ReadVocabulary(gguf);
  SpecialTokens special = ReadSpecial(gguf, vocabulary, false, pre.adds_bos);
  const std::vector<std::string>& lines = gguf.Strings("tokenizer.ggml.merges");
  std::vector<RankRule::TextPair> merges;
  merges.reserve(lines.size());
  for (const std::string& line : lines) merges.push_back(SplitMerge(path, merges.size(), line));
  return std::make_unique<ByteBpeTokenizer>(path, std::move(vocabulary), merges,
                                            ByteBpeOptions{pre.rule, pre.ignore_merges},
                                            std::move(special));
}

}  // namespace

std::unique_ptr<Tokenizer> OpenGgufTokenizer(const GgufFile& gguf) {
  const std::string& model = gguf.String("tokenizer.ggml.model");
  if (model == "llama") return OpenSpm(gguf);
  if (model == "gpt2") return OpenByteBpe(gguf);
  FailUser("{}: unsupported tokenizer model {} (tokenizer.ggml.model); supported: llama, gpt2",
           gguf.file().path(), Quote(model));
}

}  // namespace jupiter

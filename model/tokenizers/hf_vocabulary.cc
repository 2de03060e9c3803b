#include "model/tokenizers/hf_vocabulary.h"

#include <optional>
#include <utility>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"

namespace jupiter {
namespace {

// Far above any published vocabulary; bounds what a wrong id can allocate.
constexpr std::size_t kMostEntries = std::size_t{1} << 20;

struct Entry {
  std::string text;
  TokenKind kind = TokenKind::kUnused;
};

// Tokens by id while they are collected; those not given stay unused.
class VocabularyEntries {
 public:
  explicit VocabularyEntries(const std::string& path) : path_(path) {}

  void Set(const HfJson& id, const std::string& text, TokenKind kind) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= kMostEntries) {
      FailUser("{}: token {} has id {}, expected an integer from 0 to {}", path_, Quote(text),
               Shown(id), kMostEntries - 1);
    }
    const auto index = id.get<std::size_t>();
    if (index >= entries_.size()) entries_.resize(index + 1);
    Entry& entry = entries_[index];
    if (entry.kind != TokenKind::kUnused && entry.text != text) {
      FailUser("{}: tokens {} and {} have the same id {}", path_, Quote(entry.text), Quote(text),
               index);
    }
    entry = {text, kind};
  }

  Vocabulary Take() {
    Vocabulary vocabulary;
    for (Entry& entry : entries_) vocabulary.Add(std::move(entry.text), entry.kind);
    return vocabulary;
  }

 private:
  static std::string Shown(const HfJson& id) {
    return id.is_number() ? id.dump() : std::string(id.type_name());
  }

  const std::string& path_;
  std::vector<Entry> entries_;
};

void AddModelTokens(const std::string& path, const HfJson& model, bool byte_tokens,
                    VocabularyEntries& entries) {
  const HfJson& tokens = Child(model, "vocab");
  if (!tokens.is_object() || tokens.empty()) {
    FailUser("{}: \"model\" has no \"vocab\" of tokens and ids", path);
  }
  for (auto token = tokens.begin(); token != tokens.end(); ++token) {
    const bool byte = byte_tokens && ParseByteToken(token.key());
    entries.Set(token.value(), token.key(), byte ? TokenKind::kByte : TokenKind::kNormal);
  }
}

void AddAddedTokens(const std::string& path, const HfJson& root, VocabularyEntries& entries) {
  const HfJson& added = Child(root, "added_tokens");
  if (added.is_null()) return;
  if (!added.is_array()) FailUser("{}: \"added_tokens\" is not a list", path);
  for (const HfJson& token : added) {
    const std::string text = StringOr(path, token, "content", "");
    if (text.empty()) FailUser("{}: an added token without \"content\"", path);
    const bool special = BoolOr(path, token, "special", false);
    entries.Set(Child(token, "id"), text, special ? TokenKind::kControl : TokenKind::kUserDefined);
  }
}

// The id of a token that `path` names in the role `role`.
std::int32_t Named(const std::string& path, std::string_view role, const std::string& text,
                   const Vocabulary& vocabulary) {
  const std::optional<std::int32_t> id = vocabulary.FindAny(text);
  if (!id) {
    FailUser("{}: {} is {}, which the vocabulary of tokenizer.json lacks", path, role, Quote(text));
  }
  return *id;
}

// A token of the config: a string, or an object with its content.
std::optional<std::int32_t> ConfigToken(const std::string& path, const HfJson& config,
                                        std::string_view key, const Vocabulary& vocabulary) {
  const HfJson& value = Child(config, key);
  const std::string text =
      value.is_object() ? StringOr(path, value, "content", "") : StringOr(path, config, key, "");
  if (text.empty()) return std::nullopt;
  return Named(path, key, text, vocabulary);
}

const HfJson* FindTemplate(const std::string& path, const HfJson& root) {
  for (const HfJson* step : Steps(path, Child(root, "post_processor"), "processors")) {
    if (StringOr(path, *step, "type", "") == "TemplateProcessing") return step;
  }
  return nullptr;
}

// The token that the template puts in front of a text; "" for none.
std::string TemplateBos(const std::string& path, const HfJson& processor) {
  const HfJson& single = Child(processor, "single");
  if (!single.is_array() || single.empty()) {
    FailUser("{}: TemplateProcessing without a list \"single\"", path);
  }
  return StringOr(path, Child(single.front(), "SpecialToken"), "id", "");
}

}  // namespace

Vocabulary ReadHfVocabulary(const std::string& path, const HfJson& root, bool byte_tokens) {
  const HfJson& model = Child(root, "model");
  VocabularyEntries entries(path);
  AddModelTokens(path, model, byte_tokens, entries);
  AddAddedTokens(path, root, entries);
  Vocabulary vocabulary = entries.Take();
  const std::string unknown = StringOr(path, model, "unk_token", "");
  if (byte_tokens && !unknown.empty()) {
    vocabulary.SetKind(Named(path, "unk_token", unknown, vocabulary), TokenKind::kUnknown);
  }
  return vocabulary;
}

SpecialTokens ReadHfSpecial(const std::string& path, const HfJson& root,
                            const std::string& config_path, const HfJson& config,
                            Vocabulary& vocabulary) {
  SpecialTokens special;
  special.bos = ConfigToken(config_path, config, "bos_token", vocabulary);
  if (const HfJson* const processor = FindTemplate(path, root)) {
    const std::string bos = TemplateBos(path, *processor);
    special.adds_bos = !bos.empty();
    if (special.adds_bos) special.bos = Named(path, "the first token of a text", bos, vocabulary);
  } else {
    special.adds_bos = special.bos && BoolOr(config_path, config, "add_bos_token", false);
  }
  std::vector<std::int32_t> ends;
  if (const auto eos = ConfigToken(config_path, config, "eos_token", vocabulary)) {
    ends.push_back(*eos);
    vocabulary.SetKind(*eos, TokenKind::kControl);
  }
  if (special.bos) vocabulary.SetKind(*special.bos, TokenKind::kControl);
  special.end_ids = CollectEndIds(vocabulary, ends);
  return special;
}

}  // namespace jupiter

// sentencepiece-style tokens: a space is a character like any other, words begin with it, and what
// the vocabulary lacks is spelt in byte tokens (Kudo, Richardson 2018, arXiv:1808.06226).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/tokenizers/merge_pairs.h"
#include "model/tokenizers/tokenizer.h"
#include "model/tokenizers/vocabulary.h"

namespace jupiter {

enum class SpacePrefix : std::uint8_t { kNone, kAlways, kUnlessSpace };

struct SpmOptions {
  std::string space;  // what the vocabulary writes for a space: U+2581, or a plain space
  SpacePrefix prefix = SpacePrefix::kAlways;
};

class SpmTokenizer final : public Tokenizer {
 public:
  // Throws UserError naming `path`.
  SpmTokenizer(const std::string& path, std::shared_ptr<const Vocabulary> vocabulary,
               std::unique_ptr<const MergeRule> rule, SpmOptions options, SpecialTokens special);

  std::vector<std::int32_t> Encode(std::string_view text) const override;
  std::vector<std::int32_t> EncodeContinuation(std::string_view text) const override;
  std::optional<std::int32_t> FindSpecial(std::string_view name) const override {
    return vocabulary_->FindSpecial(name);
  }
  std::string Piece(std::int32_t id, bool first) const override;
  int vocab_size() const override { return vocabulary_->size(); }

 private:
  // The space that Encode puts before the text, or nothing.
  std::string Prefix(std::string_view text) const;
  // Of text in which spaces are written as the vocabulary writes them.
  std::vector<std::int32_t> EncodeNormal(std::string_view normal) const;
  std::vector<Symbol> Characters(std::string_view text) const;
  void AppendBytes(std::string_view bytes, std::vector<std::int32_t>& ids) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  std::unique_ptr<const MergeRule> rule_;
  SpmOptions options_;
  std::vector<std::int32_t> byte_ids_;  // [256], -1 where the vocabulary has none
  std::int32_t unknown_ = -1;
};

}  // namespace jupiter

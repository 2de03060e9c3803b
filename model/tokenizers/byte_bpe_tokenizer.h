// Byte-level BPE: the text is cut into words, and inside each word bytes merge by rank (Radford et
// al. 2019, section 2.2).
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "model/tokenizers/merge_rules.h"
#include "model/tokenizers/pre_tokenizer.h"
#include "model/tokenizers/tokenizer.h"
#include "model/tokenizers/vocabulary.h"

namespace jupiter {

struct ByteBpeOptions {
  WordRule rule = WordRule::kGpt2;
  bool ignore_merges = false;  // a word that is a token is that token, whatever the merges say
};

class ByteBpeTokenizer final : public Tokenizer {
 public:
  // Throws UserError naming `path` when a merge needs a token that the vocabulary lacks.
  ByteBpeTokenizer(const std::string& path, Vocabulary vocabulary,
                   const std::vector<RankRule::TextPair>& merges, ByteBpeOptions options,
                   SpecialTokens special);

  // Bytes that are no token of their own are left out; published vocabularies have all 256.
  std::vector<std::int32_t> Encode(std::string_view text) const override;
  std::string Piece(std::int32_t id, bool first) const override;
  std::optional<std::int32_t> FindSpecial(std::string_view name) const override {
    return vocabulary_.FindSpecial(name);
  }
  int vocab_size() const override { return vocabulary_.size(); }

 private:
  void AppendWord(std::string_view word, std::vector<std::int32_t>& ids) const;
  // The token of exactly these bytes. Added tokens are plain text, not of the byte alphabet.
  std::optional<std::int32_t> FindBytes(std::string_view bytes) const;
  std::string DecodeToken(std::int32_t id) const;

  Vocabulary vocabulary_;
  RankRule rule_;
  ByteBpeOptions options_;
  std::array<std::int32_t, 256> byte_ids_;  // -1 where the vocabulary has none
  std::vector<std::string> pieces_;         // [vocabulary size]
};

}  // namespace jupiter

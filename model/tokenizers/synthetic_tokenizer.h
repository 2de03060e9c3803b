// Bytes as tokens, for models that have no vocabulary.
#pragma once

#include "model/tokenizers/tokenizer.h"

namespace jupiter {

// Ids 0, 1, 2 are unknown, BOS and EOS; byte b is id b + 3. Ids from 259 on decode to nothing:
// synthetic models have larger vocabularies.
class SyntheticTokenizer final : public Tokenizer {
 public:
  SyntheticTokenizer();
  std::vector<std::int32_t> Encode(std::string_view text) const override;
  std::string Piece(std::int32_t id, bool first) const override;
  int vocab_size() const override { return 259; }
};

}  // namespace jupiter

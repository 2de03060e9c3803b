#include "model/tokenizers/synthetic_tokenizer.h"

#include "model/tokenizers/vocabulary.h"

namespace jupiter {
SyntheticTokenizer::SyntheticTokenizer() {
  bos_ = kLlamaBos;
  adds_bos_ = true;
  end_ids_ = {kLlamaEos};
}

std::vector<std::int32_t> SyntheticTokenizer::Encode(std::string_view text) const {
  std::vector<std::int32_t> ids;
  ids.reserve(text.size());
  for (char c : text) ids.push_back(static_cast<unsigned char>(c) + kLlamaFirstByte);
  return ids;
}

std::string SyntheticTokenizer::Piece(std::int32_t id, bool /*first*/) const {
  if (id < kLlamaFirstByte || id >= vocab_size()) return {};
  return std::string(1, static_cast<char>(id - kLlamaFirstByte));
}

}  // namespace jupiter

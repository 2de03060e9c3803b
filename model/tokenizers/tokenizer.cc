#include "model/tokenizers/tokenizer.h"

namespace jupiter {

std::string Tokenizer::Decode(std::span<const std::int32_t> ids) const {
  std::string text;
  bool first = true;
  for (std::int32_t id : ids) {
    text += Piece(id, first);
    // Control tokens say nothing, so the text is still to be opened after them.
    if (first) first = Piece(id, false).empty();
  }
  return text;
}

std::vector<std::int32_t> Tokenizer::EncodePrompt(std::string_view text) const {
  std::vector<std::int32_t> ids = Encode(text);
  if (adds_bos_ && bos_) ids.insert(ids.begin(), *bos_);
  return ids;
}

}  // namespace jupiter

#include "model/tokenizers/tokenizer.h"

#include <algorithm>

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

bool Tokenizer::IsEnd(std::int32_t id) const {
  return std::find(end_ids_.begin(), end_ids_.end(), id) != end_ids_.end();
}

}  // namespace jupiter

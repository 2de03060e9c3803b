#include "model/tokenizers/synthetic_tokenizer.h"

namespace jupiter {
namespace {

constexpr std::int32_t kBos = 1;
constexpr std::int32_t kEos = 2;
constexpr std::int32_t kFirstByte = 3;

}  // namespace

SyntheticTokenizer::SyntheticTokenizer() {
  bos_ = kBos;
  adds_bos_ = true;
  end_ids_ = {kEos};
}

std::vector<std::int32_t> SyntheticTokenizer::Encode(std::string_view text) const {
  std::vector<std::int32_t> ids;
  ids.reserve(text.size());
  for (char c : text) ids.push_back(static_cast<unsigned char>(c) + kFirstByte);
  return ids;
}

std::string SyntheticTokenizer::Piece(std::int32_t id, bool /*first*/) const {
  if (id < kFirstByte || id >= vocab_size()) return {};
  return std::string(1, static_cast<char>(id - kFirstByte));
}

}  // namespace jupiter

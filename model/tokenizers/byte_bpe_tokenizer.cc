#include "model/tokenizers/byte_bpe_tokenizer.h"

#include "model/tokenizers/byte_alphabet.h"

namespace jupiter {

ByteBpeTokenizer::ByteBpeTokenizer(const std::string& path, Vocabulary vocabulary,
                                   const std::vector<RankRule::TextPair>& merges,
                                   ByteBpeOptions options, SpecialTokens special)
    : vocabulary_(std::move(vocabulary)), rule_(path, vocabulary_, merges), options_(options) {
  bos_ = special.bos;
  adds_bos_ = special.adds_bos;
  end_ids_ = std::move(special.end_ids);
  for (std::size_t byte = 0; byte < byte_ids_.size(); ++byte) {
    const char c = static_cast<char>(byte);
    byte_ids_[byte] = FindBytes({&c, 1}).value_or(-1);
  }
  pieces_.reserve(static_cast<std::size_t>(vocabulary_.size()));
  for (std::int32_t id = 0; id < vocabulary_.size(); ++id) pieces_.push_back(DecodeToken(id));
}

std::string ByteBpeTokenizer::DecodeToken(std::int32_t id) const {
  const std::string& text = vocabulary_.text(id);
  switch (vocabulary_.kind(id)) {
    case TokenKind::kUnknown:
    case TokenKind::kControl:
    case TokenKind::kUnused: return {};
    case TokenKind::kUserDefined: return text;  // added to the vocabulary as plain text
    case TokenKind::kNormal:
    case TokenKind::kByte: break;
  }
  return FromAlphabet(text).value_or(text);
}

std::optional<std::int32_t> ByteBpeTokenizer::FindBytes(std::string_view bytes) const {
  const std::optional<std::int32_t> id = vocabulary_.FindText(ToAlphabet(bytes));
  return id && vocabulary_.kind(*id) == TokenKind::kNormal ? id : std::nullopt;
}

void ByteBpeTokenizer::AppendWord(std::string_view word, std::vector<std::int32_t>& ids) const {
  if (options_.ignore_merges) {
    if (const std::optional<std::int32_t> id = FindBytes(word)) {
      ids.push_back(*id);
      return;
    }
  }
  std::vector<Symbol> symbols(word.size());
  for (std::size_t i = 0; i < word.size(); ++i) {
    symbols[i] = {i, 1, byte_ids_[static_cast<unsigned char>(word[i])]};
  }
  for (const Symbol& symbol : MergePairs(word, std::move(symbols), rule_)) {
    if (symbol.id >= 0) ids.push_back(symbol.id);
  }
}

std::vector<std::int32_t> ByteBpeTokenizer::Encode(std::string_view text) const {
  std::vector<std::int32_t> ids;
  for (std::string_view word : SplitWords(options_.rule, text)) AppendWord(word, ids);
  return ids;
}

std::string ByteBpeTokenizer::Piece(std::int32_t id, bool /*first*/) const {
  return vocabulary_.Has(id) ? pieces_[static_cast<std::size_t>(id)] : std::string();
}

}  // namespace jupiter

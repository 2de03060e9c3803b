#include "model/tokenizers/spm_tokenizer.h"

#include "model/tokenizers/utf8.h"

namespace jupiter {

SpmTokenizer::SpmTokenizer(const std::string& path, std::shared_ptr<const Vocabulary> vocabulary,
                           std::unique_ptr<const MergeRule> rule, SpmOptions options,
                           SpecialTokens special)
    : vocabulary_(std::move(vocabulary)),
      rule_(std::move(rule)),
      options_(std::move(options)),
      byte_ids_(vocabulary_->ByteTokens(path)) {
  bos_ = special.bos;
  adds_bos_ = special.adds_bos;
  end_ids_ = std::move(special.end_ids);
  for (std::int32_t id = vocabulary_->size() - 1; id >= 0; --id) {
    if (vocabulary_->kind(id) == TokenKind::kUnknown) unknown_ = id;
  }
}

std::string SpmTokenizer::Prefix(std::string_view text) const {
  const bool begins_with_space = text.starts_with(' ') || text.starts_with(options_.space);
  const bool prefix = options_.prefix == SpacePrefix::kAlways ||
                      (options_.prefix == SpacePrefix::kUnlessSpace && !begins_with_space);
  return prefix ? options_.space : std::string();
}

std::vector<Symbol> SpmTokenizer::Characters(std::string_view text) const {
  std::vector<Symbol> symbols;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = NextUtf8(text.substr(at)).size;
    symbols.push_back({at, size, vocabulary_->FindText(text.substr(at, size)).value_or(-1)});
    at += size;
  }
  return symbols;
}

void SpmTokenizer::AppendBytes(std::string_view bytes, std::vector<std::int32_t>& ids) const {
  for (char c : bytes) {
    const std::int32_t id = byte_ids_[static_cast<unsigned char>(c)];
    if (id >= 0) {
      ids.push_back(id);
    } else if (unknown_ >= 0) {
      ids.push_back(unknown_);
    }
  }
}

std::vector<std::int32_t> SpmTokenizer::Encode(std::string_view text) const {
  if (text.empty()) return {};
  return EncodeNormal(Prefix(text) + ReplaceAll(text, " ", options_.space));
}

std::vector<std::int32_t> SpmTokenizer::EncodeContinuation(std::string_view text) const {
  return EncodeNormal(ReplaceAll(text, " ", options_.space));
}

std::vector<std::int32_t> SpmTokenizer::EncodeNormal(std::string_view normal) const {
  std::vector<std::int32_t> ids;
  for (const Symbol& symbol : MergePairs(normal, Characters(normal), *rule_)) {
    if (symbol.id >= 0) {
      ids.push_back(symbol.id);
    } else {
      AppendBytes(normal.substr(symbol.begin, symbol.size), ids);
    }
  }
  return ids;
}

std::string SpmTokenizer::Piece(std::int32_t id, bool first) const {
  if (!vocabulary_->Has(id)) return {};
  switch (vocabulary_->kind(id)) {
    case TokenKind::kUnknown:
    case TokenKind::kControl:
    case TokenKind::kUnused: return {};
    case TokenKind::kByte:
      return std::string(1, static_cast<char>(*ParseByteToken(vocabulary_->text(id))));
    case TokenKind::kNormal:
    case TokenKind::kUserDefined: break;
  }
  std::string piece = ReplaceAll(vocabulary_->text(id), options_.space, " ");
  const bool drop = first && options_.prefix != SpacePrefix::kNone && piece.starts_with(' ');
  return drop ? piece.substr(1) : piece;
}

}  // namespace jupiter

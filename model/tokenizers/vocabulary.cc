#include "model/tokenizers/vocabulary.h"

#include <algorithm>
#include <array>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"

namespace jupiter {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool IsText(TokenKind kind) {
  return kind == TokenKind::kNormal || kind == TokenKind::kUserDefined;
}

}  // namespace

void Vocabulary::Add(std::string text, TokenKind kind) {
  const auto [entry, added] = ids_.emplace(text, size());
  if (!added && IsText(kind) && !IsText(kinds_[static_cast<std::size_t>(entry->second)])) {
    entry->second = size();
  }
  texts_.push_back(std::move(text));
  kinds_.push_back(kind);
}

void Vocabulary::SetKind(std::int32_t id, TokenKind kind) {
  kinds_[static_cast<std::size_t>(id)] = kind;
}

std::optional<std::int32_t> Vocabulary::FindAny(std::string_view text) const {
  const auto found = ids_.find(text);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::int32_t> Vocabulary::FindText(std::string_view text) const {
  const std::optional<std::int32_t> id = FindAny(text);
  return id && IsText(kind(*id)) ? id : std::nullopt;
}

std::optional<std::int32_t> Vocabulary::FindSpecial(std::string_view name) const {
  const std::optional<std::int32_t> id = FindAny(name);
  if (!id) return std::nullopt;
  const TokenKind found = kind(*id);
  return found == TokenKind::kControl || found == TokenKind::kUserDefined ? id : std::nullopt;
}

std::vector<std::int32_t> Vocabulary::ByteTokens(const std::string& path) const {
  std::vector<std::int32_t> ids(256, -1);
  for (std::int32_t id = 0; id < size(); ++id) {
    if (kind(id) != TokenKind::kByte) continue;
    const std::optional<unsigned char> byte = ParseByteToken(text(id));
    if (!byte) {
      FailUser("{}: token {} is marked as a byte, expected <0xHH>, found {}", path, id,
               Quote(text(id)));
    }
    ids[*byte] = id;
  }
  return ids;
}

std::optional<unsigned char> ParseByteToken(std::string_view text) {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>') return std::nullopt;
  const int high = HexDigit(text[3]);
  const int low = HexDigit(text[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<unsigned char>(high * 16 + low);
}

std::vector<std::int32_t> CollectEndIds(const Vocabulary& vocabulary,
                                        const std::vector<std::int32_t>& given) {
  constexpr std::array<std::string_view, 5> kNames = {"<|eot_id|>", "<|im_end|>", "<|end_of_text|>",
                                                      "<|endoftext|>", "</s>"};
  std::vector<std::int32_t> ids;
  const auto add = [&ids](std::int32_t id) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  };
  for (std::int32_t id : given) add(id);
  for (std::string_view name : kNames) {
    const std::optional<std::int32_t> id = vocabulary.FindAny(name);
    if (id && vocabulary.kind(*id) == TokenKind::kControl) add(*id);
  }
  return ids;
}

}  // namespace jupiter

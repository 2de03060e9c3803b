// The tokens of a vocabulary: text and kind of each id, and the way back.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace jupiter {

// Numbered as tokenizer.ggml.token_type in GGUF files.
enum class TokenKind : std::uint8_t {
  kNormal = 1,
  kUnknown = 2,  // stands for what the vocabulary cannot say
  kControl = 3,  // BOS, EOS, ...: no text
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,  // "<0x0A>" is the byte 10
};

// Ids in vocabularies of Llama 2: unknown is 0, and the bytes follow EOS.
inline constexpr std::int32_t kLlamaBos = 1;
inline constexpr std::int32_t kLlamaEos = 2;
inline constexpr std::int32_t kLlamaFirstByte = 3;

class Vocabulary {
 public:
  // Takes the next id.
  void Add(std::string text, TokenKind kind);
  void SetKind(std::int32_t id, TokenKind kind);

  std::int32_t size() const { return static_cast<std::int32_t>(texts_.size()); }
  bool Has(std::int64_t id) const { return id >= 0 && id < size(); }
  const std::string& text(std::int32_t id) const { return texts_[static_cast<std::size_t>(id)]; }
  TokenKind kind(std::int32_t id) const { return kinds_[static_cast<std::size_t>(id)]; }

  // The token of this text, of whatever kind; of several, one that may stand for text, then the
  // first.
  std::optional<std::int32_t> FindAny(std::string_view text) const;
  // The same, but only a token that may stand for text: normal or user-defined.
  std::optional<std::int32_t> FindText(std::string_view text) const;
  // The same, but only a control token or one that was added: what chat formats write by name.
  std::optional<std::int32_t> FindSpecial(std::string_view name) const;
  // Tokens of one byte each, by byte; ids of missing ones are -1. Throws UserError naming `path`
  // when a token of kind kByte is not written "<0xHH>".
  std::vector<std::int32_t> ByteTokens(const std::string& path) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::vector<std::string> texts_;
  std::vector<TokenKind> kinds_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> ids_;
};

// The byte that "<0xHH>" names, or nothing.
std::optional<unsigned char> ParseByteToken(std::string_view text);

// Special ids of a vocabulary, as a loader found them.
struct SpecialTokens {
  std::optional<std::int32_t> bos;
  bool adds_bos = false;
  std::vector<std::int32_t> end_ids;
};

// `given` (EOS and the like; may repeat) and the control tokens whose names are known to end a turn
// or a text, each once.
std::vector<std::int32_t> CollectEndIds(const Vocabulary& vocabulary,
                                        const std::vector<std::int32_t>& given);

}  // namespace jupiter

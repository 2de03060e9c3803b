#include "model/tokenizers/llama2c_tokenizer.h"

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/tokenizers/merge_rules.h"
#include "model/tokenizers/spm_tokenizer.h"
#include "model/tokenizers/vocabulary.h"

namespace jupiter {
namespace {

constexpr std::int32_t kFirstText = 259;
// Far above any real token (27 bytes in the vocabulary of Llama 2).
constexpr std::uint32_t kLongestAllowed = 4096;
constexpr std::string_view kHint =
    "is it a tokenizer? Expected tok*.bin of llama2.c, GGUF or tokenizer.json";

TokenKind KindOf(const std::string& path, std::int32_t id, std::string_view text) {
  if (id == 0) return TokenKind::kUnknown;
  if (id < kLlamaFirstByte) return TokenKind::kControl;
  if (id >= kFirstText) return TokenKind::kNormal;
  if (ParseByteToken(text) != static_cast<unsigned char>(id - kLlamaFirstByte)) {
    FailUser("{}: token {} is {}, expected '<0x{:02X}>'; {}", path, id, Quote(text),
             id - kLlamaFirstByte, kHint);
  }
  return TokenKind::kByte;
}

}  // namespace

std::unique_ptr<Tokenizer> OpenLlama2cTokenizer(const std::string& path, std::string_view bytes) {
  ByteReader reader(std::as_bytes(std::span(bytes.data(), bytes.size())), path);
  const auto longest = reader.Read<std::uint32_t>("the length of the longest token");
  if (longest == 0 || longest > kLongestAllowed) {
    FailUser("{}: longest token of {} bytes, expected 1 to {}; {}", path, longest, kLongestAllowed,
             kHint);
  }
  auto vocabulary = std::make_shared<Vocabulary>();
  std::vector<double> scores;
  while (reader.left() > 0) {
    const std::int32_t id = vocabulary->size();
    scores.push_back(reader.Read<float>("the score of a token"));
    const auto length = reader.Read<std::uint32_t>("the length of a token");
    if (length > longest) {
      FailUser("{}: token {} has {} bytes, but the longest has {}; {}", path, id, length, longest,
               kHint);
    }
    const std::string_view text = reader.Text(length, "the text of a token");
    vocabulary->Add(std::string(text), KindOf(path, id, text));
  }
  if (vocabulary->size() < kFirstText) {
    FailUser("{}: {} tokens, expected at least {} (3 controls, 256 bytes)", path,
             vocabulary->size(), kFirstText);
  }
  auto rule = std::make_unique<ScoreRule>(path, vocabulary, std::move(scores));
  return std::make_unique<SpmTokenizer>(path, vocabulary, std::move(rule),
                                        SpmOptions{" ", SpacePrefix::kAlways},
                                        SpecialTokens{kLlamaBos, true, {kLlamaEos}});
}

}  // namespace jupiter

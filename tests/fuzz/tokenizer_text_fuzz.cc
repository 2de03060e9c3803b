// Any text through the engines: words cover it, and decoding gives it back.
#include <fmt/format.h>

#include <cstddef>
#include <memory>
#include <string>

#include "model/tokenizers/byte_alphabet.h"
#include "model/tokenizers/byte_bpe_tokenizer.h"
#include "model/tokenizers/merge_rules.h"
#include "model/tokenizers/spm_tokenizer.h"
#include "model/tokenizers/utf8.h"
#include "model/tokenizers/utf8_stream.h"

namespace jupiter {
namespace {

void Require(bool condition) {
  if (!condition) __builtin_trap();
}

std::unique_ptr<Tokenizer> MakeByteBpe(WordRule rule) {
  Vocabulary vocabulary;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    vocabulary.Add(ToAlphabet({&c, 1}), TokenKind::kNormal);
  }
  for (const char* text : {"aa", "aaa", "\u0120a", "11", "\u010a\u010a"}) {
    vocabulary.Add(text, TokenKind::kNormal);
  }
  return std::make_unique<ByteBpeTokenizer>(
      "fuzz", std::move(vocabulary),
      std::vector<RankRule::TextPair>{
          {"a", "a"}, {"aa", "a"}, {"\u0120", "a"}, {"1", "1"}, {"\u010a", "\u010a"}},
      ByteBpeOptions{rule, rule == WordRule::kLlama3}, SpecialTokens());
}

std::unique_ptr<Tokenizer> MakeSpm() {
  auto vocabulary = std::make_shared<Vocabulary>();
  for (int byte = 0; byte < 256; ++byte) {
    vocabulary->Add(fmt::format("<0x{:02X}>", byte), TokenKind::kByte);
  }
  for (const char* text : {"\u2581", "a", "\u2581\u2581", "aa", "\u2581a", "a\u2581", "aaaa"}) {
    vocabulary->Add(text, TokenKind::kNormal);
  }
  std::vector<double> scores(static_cast<std::size_t>(vocabulary->size()), 1);
  auto rule = std::make_unique<ScoreRule>("fuzz", vocabulary, std::move(scores));
  return std::make_unique<SpmTokenizer>("fuzz", vocabulary, std::move(rule),
                                        SpmOptions{std::string(kSpaceMark), SpacePrefix::kAlways},
                                        SpecialTokens());
}

void CheckStream(std::string_view text) {
  Utf8Stream whole;
  const std::string expected = whole.Push(text) + whole.Finish();
  Utf8Stream split;
  const std::size_t middle = text.size() / 2;
  std::string got = split.Push(text.substr(0, middle));
  got += split.Push(text.substr(middle));
  Require(got + split.Finish() == expected);
}

void CheckText(std::string_view text) {
  static const std::unique_ptr<Tokenizer> byte_bpes[] = {
      MakeByteBpe(WordRule::kGpt2), MakeByteBpe(WordRule::kLlama3), MakeByteBpe(WordRule::kQwen2)};
  static const std::unique_ptr<Tokenizer> spm = MakeSpm();
  for (WordRule rule : {WordRule::kGpt2, WordRule::kLlama3, WordRule::kQwen2}) {
    for (std::string_view word : SplitWords(rule, text)) Require(!word.empty());
  }
  for (const auto& tokenizer : byte_bpes) {
    Require(tokenizer->Decode(tokenizer->Encode(text)) == text);
  }
  Require(spm->Decode(spm->Encode(text)) == ReplaceAll(text, kSpaceMark, " "));
  CheckStream(text);
}

}  // namespace
}  // namespace jupiter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  jupiter::CheckText({reinterpret_cast<const char*>(data), size});
  return 0;
}

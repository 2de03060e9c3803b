#include "model/tokenizers/byte_alphabet.h"

#include <array>

#include "model/tokenizers/utf8.h"

namespace jupiter {
namespace {

constexpr char32_t kFirstMoved = 0x100;
constexpr std::size_t kMoved = 68;

constexpr bool StandsForItself(int byte) {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
}

// The bytes that U+0100 on stand for.
constexpr std::array<unsigned char, kMoved> MovedBytes() {
  std::array<unsigned char, kMoved> bytes{};
  std::size_t count = 0;
  for (int byte = 0; byte < 256; ++byte) {
    if (!StandsForItself(byte)) bytes[count++] = static_cast<unsigned char>(byte);
  }
  return bytes;
}

constexpr std::array<char32_t, 256> Characters() {
  std::array<char32_t, 256> characters{};
  for (char32_t byte = 0; byte < 256; ++byte) characters[byte] = byte;
  const std::array<unsigned char, kMoved> moved = MovedBytes();
  for (std::size_t i = 0; i < kMoved; ++i) {
    characters[moved[i]] = kFirstMoved + static_cast<char32_t>(i);
  }
  return characters;
}

constexpr std::array<unsigned char, kMoved> kMovedBytes = MovedBytes();
constexpr std::array<char32_t, 256> kCharacters = Characters();

}  // namespace

std::string ToAlphabet(std::string_view bytes) {
  std::string text;
  for (char c : bytes) AppendUtf8(kCharacters[static_cast<unsigned char>(c)], text);
  return text;
}

std::optional<std::string> FromAlphabet(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const Utf8Char c = NextUtf8(text);
    text.remove_prefix(c.size);
    if (c.status != Utf8Status::kValid) return std::nullopt;
    if (c.code_point < 256 && StandsForItself(static_cast<int>(c.code_point))) {
      bytes.push_back(static_cast<char>(c.code_point));
    } else if (c.code_point >= kFirstMoved && c.code_point < kFirstMoved + kMoved) {
      bytes.push_back(static_cast<char>(kMovedBytes[c.code_point - kFirstMoved]));
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

}  // namespace jupiter

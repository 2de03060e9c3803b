#include "tests/model/tokenizers/random_text.h"

#include "model/tokenizers/utf8.h"

namespace jupiter {
namespace {

char32_t RandomCharacter(std::mt19937& random) {
  const auto between = [&random](char32_t low, char32_t high) {
    return std::uniform_int_distribution<char32_t>(low, high)(random);
  };
  switch (between(0, 9)) {
    case 0:
    case 1: return U" \n\t\r"[between(0, 3)];
    case 2: return between(0, 0x7f);
    case 3: return between(0x80, 0x7ff);
    case 4: return between(0x800, 0xd7ff);
    case 5: return between(0x10000, 0x10ffff);
    case 6: return U"<>sun/0x1A'_"[between(0, 11)];
    default: return between('a', 'z');
  }
}

}  // namespace

std::string RandomUtf8(std::mt19937& random, std::size_t length) {
  constexpr char32_t kMark = 0x2581;
  std::string text;
  for (std::size_t i = 0; i < length; ++i) {
    const char32_t c = RandomCharacter(random);
    AppendUtf8(c == kMark ? U'x' : c, text);
  }
  return text;
}

std::string RandomBytes(std::mt19937& random, std::size_t length) {
  std::uniform_int_distribution<int> byte(0, 255);
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text.push_back(static_cast<char>(byte(random)));
  return text;
}

}  // namespace jupiter

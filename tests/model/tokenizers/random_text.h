// Texts for round trips.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace jupiter {

// `length` characters of UTF-8: ASCII mostly, spaces and line ends, and some of every plane. Never
// U+2581, which sentencepiece-style vocabularies cannot tell from a space.
std::string RandomUtf8(std::mt19937& random, std::size_t length);

// `length` bytes without any order.
std::string RandomBytes(std::mt19937& random, std::size_t length);

}  // namespace jupiter

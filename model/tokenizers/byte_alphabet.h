// The alphabet of byte-level BPE vocabularies: every byte as a printable character (Radford et al.
// 2019, section 2.2). Printable characters of Latin-1 stand for themselves, the other 68 bytes, in
// ascending order, for U+0100 on; a space is U+0120.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace jupiter {

// Bytes to the text that the vocabulary holds.
std::string ToAlphabet(std::string_view bytes);
// The inverse, or nothing when the text has a character that is no byte.
std::optional<std::string> FromAlphabet(std::string_view text);

}  // namespace jupiter

#include "model/outline/question_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "kernels/base/ascii.h"

namespace jupiter {
namespace {

constexpr std::array<std::string_view, 22> kCourtesies = {"please",
                                                          "kindly",
                                                          "hi",
                                                          "hello",
                                                          "hey",
                                                          "ok",
                                                          "so",
                                                          "and",
                                                          "but",
                                                          "can you",
                                                          "could you",
                                                          "would you",
                                                          "will you",
                                                          "help me",
                                                          "i want you to",
                                                          "i would like you to",
                                                          "i'd like you to",
                                                          "i need you to",
                                                          "let's",
                                                          "to",
                                                          "also",
                                                          "then"};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Bytes above 127 are parts of letters. "c++", "c#" and "what's" are words.
bool IsWordByte(char c) {
  return IsLetter(c) || IsDigit(c) || (static_cast<unsigned char>(c) & 0x80) != 0 || c == '+' ||
         c == '#' || c == '\'';
}

bool EndsSentence(char c) {
  return std::string_view(".!?:;\n\r").find(c) != std::string_view::npos;
}

// " ^ please tell me ^ why "; a sign between two digits ("3.5", "1,000") ends nothing.
std::string MarkWords(std::string_view text) {
  std::string words = " ^ ";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool in_number =
        i > 0 && i + 1 < text.size() && IsDigit(text[i - 1]) && IsDigit(text[i + 1]);
    if (IsWordByte(text[i])) {
      words += ToLower(text[i]);
    } else if (EndsSentence(text[i]) && !in_number) {
      words += words.ends_with("^ ") ? "" : words.ends_with(' ') ? "^ " : " ^ ";
    } else if (!words.ends_with(' ')) {
      words += ' ';
    }
  }
  if (!words.ends_with(' ')) words += ' ';
  return words;
}

bool DropCourtesy(std::string& words) {
  bool any = false;
  for (std::string_view courtesy : kCourtesies) {
    const std::string phrase = fmt::format(" ^ {} ", courtesy);
    for (std::size_t at = words.find(phrase); at != std::string::npos;
         at = words.find(phrase, at)) {
      words.replace(at, phrase.size(), " ^ ");
      any = true;
    }
  }
  return any;
}

// Whether a number, a bracket, or a letter that is no part of a word is at this place.
bool IsOperand(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (IsDigit(c) || c == '(' || c == ')') return true;
  const auto in_word = [text](std::size_t i) {
    return i < text.size() && IsWordByte(text[i]) && !IsDigit(text[i]);
  };
  return IsLetter(c) && (at == 0 || !in_word(at - 1)) && !in_word(at + 1);
}

}  // namespace

QuestionWords::QuestionWords(std::string_view question) : words_(MarkWords(question)) {
  while (DropCourtesy(words_)) {
  }
}

bool QuestionWords::Has(std::string_view phrase) const {
  return words_.find(fmt::format(" {} ", phrase)) != std::string::npos;
}

bool HasCode(std::string_view text) {
  constexpr std::array<std::string_view, 14> kSigns = {"```", "#include", "();", ");\n", "){",
                                                       ") {", "};",       "==",  "!=",   "&&",
                                                       "</",  "::",       "++;", "->"};
  return std::any_of(kSigns.begin(), kSigns.end(), [text](std::string_view sign) {
    return text.find(sign) != std::string_view::npos;
  });
}

bool HasArithmetic(std::string_view text) {
  constexpr std::string_view kOperators = "+*^=<>";
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (kOperators.find(text[at]) == std::string_view::npos) continue;
    const std::size_t before = text.find_last_not_of(' ', at - 1);
    const std::size_t behind = text.find_first_not_of(' ', at + 1);
    if (before == std::string_view::npos || !IsOperand(text, before)) continue;
    const bool open_end = behind == std::string_view::npos;
    if (text[at] == '=' && (open_end || IsOperand(text, behind))) return true;
    // Two letters may be anything: "vitamins A + B".
    if (open_end || !IsOperand(text, behind)) continue;
    if (IsDigit(text[before]) || IsDigit(text[behind])) return true;
  }
  return false;
}

}  // namespace jupiter

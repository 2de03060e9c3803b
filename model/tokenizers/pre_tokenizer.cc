#include "model/tokenizers/pre_tokenizer.h"

#include "model/tokenizers/unicode.h"
#include "model/tokenizers/utf8.h"

namespace jupiter {
namespace {

// A character of the text; past the end, size is 0.
struct Char {
  char32_t code_point = 0;
  std::size_t size = 0;
  CharClass kind = CharClass::kOther;

  bool Is(CharClass other) const { return size > 0 && kind == other; }
  bool IsNewline() const { return code_point == '\r' || code_point == '\n'; }
};

// Finds the word that begins at a place of the text. The alternatives of the regular expression are
// tried in their order; each returns the end of its match, or `begin` when it does not match.
class WordScanner {
 public:
  WordScanner(WordRule rule, std::string_view text) : rule_(rule), text_(text) {}

  std::size_t WordEnd(std::size_t begin) const {
    std::size_t end = Contraction(begin);
    if (end == begin) end = rule_ == WordRule::kGpt2 ? Gpt2Word(begin) : Llama3Word(begin);
    if (end == begin) end = Spaces(begin);
    return end;
  }

 private:
  Char At(std::size_t at) const {
    if (at >= text_.size()) return {};
    const Utf8Char c = NextUtf8(text_.substr(at));
    if (c.status != Utf8Status::kValid) return {kInvalid, c.size, CharClass::kOther};
    return {c.code_point, c.size, Classify(c.code_point)};
  }

  // The end of at most `limit` characters of the class from `at` on.
  std::size_t RunEnd(std::size_t at, CharClass kind, std::size_t limit = kNoLimit) const {
    for (; limit > 0; --limit) {
      const Char c = At(at);
      if (!c.Is(kind)) break;
      at += c.size;
    }
    return at;
  }

  // The letter at `at` in lower case where the rule ignores case. U+017F (long s) folds to s
  // (CaseFolding.txt); no other character outside ASCII folds to a letter of a contraction.
  char32_t Folded(std::size_t at) const {
    const char32_t c = At(at).code_point;
    if (rule_ == WordRule::kGpt2) return c;
    if (c == 0x17f) return 's';
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
  }

  // 's|'t|'re|'ve|'m|'ll|'d
  std::size_t Contraction(std::size_t begin) const {
    if (At(begin).code_point != '\'') return begin;
    const std::size_t second = begin + 1;
    const char32_t a = Folded(second);
    const std::size_t third = second + At(second).size;
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return third;
    const char32_t b = Folded(third);
    const bool pair = (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l');
    return pair ? third + 1 : begin;
  }

  //  ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+
  std::size_t Gpt2Word(std::size_t begin) const {
    const std::size_t start = At(begin).code_point == ' ' ? begin + 1 : begin;
    const Char c = At(start);
    if (c.size == 0 || c.kind == CharClass::kSpace) return begin;
    return RunEnd(start, c.kind);
  }

  // [^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+
  std::size_t Llama3Word(std::size_t begin) const {
    const Char c = At(begin);
    if (c.kind == CharClass::kLetter) return RunEnd(begin, CharClass::kLetter);
    if (c.kind == CharClass::kNumber) {
      return RunEnd(begin, CharClass::kNumber, rule_ == WordRule::kLlama3 ? 3 : 1);
    }
    if (!c.IsNewline() && At(begin + c.size).Is(CharClass::kLetter)) {
      return RunEnd(begin + c.size, CharClass::kLetter);
    }
    const std::size_t end = Symbols(begin);
    return end > begin ? end : Newlines(begin);
  }

  //  ?[^\s\p{L}\p{N}]+[\r\n]*
  std::size_t Symbols(std::size_t begin) const {
    const std::size_t start = At(begin).code_point == ' ' ? begin + 1 : begin;
    std::size_t end = RunEnd(start, CharClass::kOther);
    if (end == start) return begin;
    while (At(end).IsNewline()) ++end;
    return end;
  }

  // \s*[\r\n]+ gives back what follows the last newline of the run of spaces.
  std::size_t Newlines(std::size_t begin) const {
    std::size_t end = begin;
    std::size_t at = begin;
    for (Char c = At(at); c.Is(CharClass::kSpace); c = At(at)) {
      at += c.size;
      if (c.IsNewline()) end = at;
    }
    return end;
  }

  // \s+(?!\S)|\s+ leaves the last of several spaces to the word that follows.
  std::size_t Spaces(std::size_t begin) const {
    std::size_t last = begin;
    std::size_t end = begin;
    for (Char c = At(end); c.Is(CharClass::kSpace); c = At(end)) {
      last = end;
      end += c.size;
    }
    return end == text_.size() || last == begin ? end : last;
  }

  static constexpr char32_t kInvalid = 0xffffffff;
  static constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

  WordRule rule_;
  std::string_view text_;
};

}  // namespace

std::optional<WordRule> RecogniseWordPattern(std::string_view regex) {
  if (regex == R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)") {
    return WordRule::kGpt2;
  }
  const std::string head = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|)";
  const std::string tail = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  if (regex == head + R"(\p{N}{1,3})" + tail) return WordRule::kLlama3;
  if (regex == head + R"(\p{N})" + tail) return WordRule::kQwen2;
  return std::nullopt;
}

std::vector<std::string_view> SplitWords(WordRule rule, std::string_view text) {
  const WordScanner scanner(rule, text);
  std::vector<std::string_view> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = scanner.WordEnd(begin);
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

}  // namespace jupiter

#include "model/outline/outline_label.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

#include "kernels/base/ascii.h"

namespace jupiter {
namespace {

constexpr std::array<std::string_view, 5> kWords = {"point", "part", "step", "item", "section"};

// What is left of a text while it is read.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text), rest_(text) {}

  std::size_t taken() const { return text_.size() - rest_.size(); }
  bool AtEnd() const { return rest_.empty(); }
  bool AtSpace() const { return !rest_.empty() && IsBlank(rest_.front()); }
  bool AtDigit() const { return !rest_.empty() && IsDigit(rest_.front()); }
  bool At(std::string_view part) const { return rest_.starts_with(part); }

  bool Take(std::string_view part) {
    if (!At(part)) return false;
    rest_.remove_prefix(part.size());
    return true;
  }

  bool TakeAny(std::initializer_list<std::string_view> parts) {
    return std::any_of(parts.begin(), parts.end(), [this](auto part) { return Take(part); });
  }

  bool TakeSpaces() {
    const bool any = AtSpace();
    while (AtSpace()) rest_.remove_prefix(1);
    return any;
  }

  // One of kWords and white space, or nothing.
  void TakeWord() {
    for (std::string_view word : kWords) {
      const bool is_word = rest_.size() > word.size() && IsBlank(rest_[word.size()]) &&
                           std::equal(word.begin(), word.end(), rest_.begin(),
                                      [](char a, char b) { return a == ToLower(b); });
      if (!is_word) continue;
      rest_.remove_prefix(word.size());
      TakeSpaces();
      return;
    }
  }

  // 0 where there is no number of 1 to 3 digits.
  int TakeNumber() {
    int number = 0;
    for (int digits = 0; AtDigit(); rest_.remove_prefix(1)) {
      if (++digits > 3) return 0;
      number = number * 10 + (rest_.front() - '0');
    }
    return number;
  }

 private:
  std::string_view text_;
  std::string_view rest_;
};

// What closes a label, after the white space that may come before it.
bool TakeClose(Cursor& cursor, bool spaced) {
  if (cursor.TakeAny({"\u3001", "\uff0e", "\uff09", "\uff1a"})) return true;
  cursor.Take("\\");  // of Markdown, where "1." would begin a list
  if (cursor.TakeAny({".", ")"})) {
    cursor.TakeAny({".", ")", ":"});
    return !cursor.AtDigit();
  }
  if (cursor.Take(":")) return cursor.AtEnd() || cursor.AtSpace();
  const bool dash = spaced && cursor.TakeAny({"-", "\u2013", "\u2014"});
  return dash && (cursor.AtEnd() || cursor.AtSpace());
}

}  // namespace

std::string_view SkipMarks(std::string_view text) {
  constexpr std::string_view kMarks = " \t>#-*+";
  constexpr std::string_view kBullet = "\u2022";
  while (!text.empty()) {
    if (kMarks.find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
    } else if (text.starts_with(kBullet)) {
      text.remove_prefix(kBullet.size());
    } else {
      break;
    }
  }
  return text;
}

std::optional<OutlineLabel> MatchLabel(std::string_view text, LabelPlace place) {
  Cursor cursor(text);
  if (!cursor.Take("(")) cursor.TakeWord();
  const int number = cursor.TakeNumber();
  if (number == 0) return std::nullopt;
  const bool spaced = place == LabelPlace::kBeginning && cursor.TakeSpaces();
  if (!TakeClose(cursor, spaced)) return std::nullopt;
  cursor.TakeSpaces();
  return OutlineLabel{number, cursor.taken()};
}

std::optional<InnerLabel> FindInnerLabel(std::string_view line, std::size_t from, int number) {
  for (std::size_t at = std::max<std::size_t>(from, 1); at < line.size(); ++at) {
    if (!IsBlank(line[at - 1]) || IsBlank(line[at])) continue;
    const std::optional<OutlineLabel> label = MatchLabel(line.substr(at), LabelPlace::kInside);
    if (!label || label->number != number) continue;
    const std::size_t end = at + label->size;
    if (end == line.size() || IsBlank(line[end - 1])) return InnerLabel{at, *label};
  }
  return std::nullopt;
}

}  // namespace jupiter

#include "model/outline/parse_outline.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "kernels/base/check.h"
#include "model/outline/outline_label.h"
#include "model/tokenizers/utf8.h"

namespace jupiter {
namespace {

// Without white space, and ",;" after it, at its ends.
std::string_view TrimPoint(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  const std::size_t end = text.find_last_not_of(" \t,;");
  const bool any = begin != std::string_view::npos && end != std::string_view::npos && begin <= end;
  return any ? text.substr(begin, end - begin + 1) : std::string_view();
}

class OutlineParser {
 public:
  explicit OutlineParser(int most) : most_(static_cast<std::size_t>(most)) {}

  void ReadLine(std::string_view line) {
    const std::string plain = ReplaceAll(line, "**", "");
    const std::string_view inside = SkipMarks(plain);
    if (const std::optional<OutlineLabel> label = MatchLabel(inside, LabelPlace::kBeginning)) {
      ReadPoints(inside, *label);
    } else if (!ReadPointsBehindProse(inside)) {
      ReadProse(inside);
    }
  }

  ParsedOutline Finish() {
    waiting_.reset();
    return std::move(outline_);
  }

 private:
  // A line from its first label on.
  void ReadPoints(std::string_view line, OutlineLabel label) {
    waiting_.reset();
    std::size_t text = label.size;
    while (const auto next = FindInnerLabel(line, text, label.number + 1)) {
      Add(label.number, line.substr(text, next->begin - text));
      text = next->begin + next->label.size;
      label = next->label;
    }
    if (TrimPoint(line.substr(text)).empty()) {
      waiting_ = label.number;
    } else {
      Add(label.number, line.substr(text));
    }
  }

  bool ReadPointsBehindProse(std::string_view line) {
    const auto first = FindInnerLabel(line, 0, 1);
    if (!first || !FindInnerLabel(line, first->begin + first->label.size, 2)) return false;
    ReadPoints(line.substr(first->begin), first->label);
    return true;
  }

  void ReadProse(std::string_view line) {
    if (!waiting_ || TrimPoint(line).empty()) return;
    Add(*waiting_, line);
    waiting_.reset();
  }

  void Add(int number, std::string_view text) {
    text = TrimPoint(text);
    if (text.empty()) return;
    const auto same = [number](const OutlinePoint& point) { return point.number == number; };
    std::vector<OutlinePoint>& points = outline_.points;
    if (std::any_of(points.begin(), points.end(), same)) {
      ++outline_.duplicates;
    } else if (points.size() == most_) {
      ++outline_.beyond_cap;
    } else {
      points.push_back({number, std::string(text)});
    }
  }

  std::size_t most_;
  ParsedOutline outline_;
  std::optional<int> waiting_;  // number of a label whose text is still to come
};

}  // namespace

ParsedOutline ParseOutline(std::string_view text, int most) {
  JUPITER_CHECK(most >= 1, "{} points", most);
  OutlineParser parser(most);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    parser.ReadLine(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parser.Finish();
}

ParsedOutline ParseCutOutline(std::string_view text, int most) {
  const std::size_t line_end = text.find_last_of("\r\n");
  const std::size_t whole = line_end == std::string_view::npos ? 0 : line_end + 1;
  ParsedOutline outline = ParseOutline(text, most);
  if (ParseOutline(text.substr(0, whole), most).points.size() < outline.points.size()) {
    outline.points.pop_back();
  }
  return outline;
}

std::string OutlineText(const std::vector<OutlinePoint>& points) {
  std::string text;
  for (const OutlinePoint& point : points) {
    text += fmt::format("{}{}. {}", text.empty() ? "" : "\n", point.number, point.text);
  }
  return text;
}

std::string WhyNoOutline(const ParsedOutline& outline) {
  JUPITER_CHECK(!outline.usable(), "{} points", outline.points.size());
  return fmt::format("the outline has {}, expected at least two",
                     outline.points.empty() ? "no numbered point" : "one numbered point");
}

}  // namespace jupiter

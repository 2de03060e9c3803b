#include "planning/text/json_text.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// The characters of a text, of which the parser takes one after the other; counts its lines.
class CountedChars {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountedChars(const char* at, std::int64_t* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  CountedChars& operator++() {
    if (*at_ == '\n' && line_ != nullptr) ++*line_;
    ++at_;
    return *this;
  }
  CountedChars operator++(int) {
    CountedChars before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountedChars& other) const { return at_ == other.at_; }
  bool operator!=(const CountedChars& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  std::int64_t* line_;
};

// Follows the parser through objects.
class KeyTracker {
 public:
  KeyTracker(JsonText& text, const std::int64_t& line) : text_(text), line_(line) {}

  bool operator()(int /*depth*/, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open_.emplace_back();
    if (event == Json::parse_event_t::object_end) open_.pop_back();
    if (event == Json::parse_event_t::key) Take(parsed.get_ref<const std::string&>());
    return true;
  }

 private:
  struct Object {
    std::set<std::string> keys;
    std::string current;
  };

  void Take(const std::string& key) {
    Object& object = open_.back();
    object.current = key;
    std::string path;
    for (const Object& outer : open_) path += (path.empty() ? "" : ".") + outer.current;
    if (!object.keys.insert(key).second) {
      FailUser("{}: line {}: {} stands twice, expected once; take one of them out", text_.source,
               line_, ShowWord(path));
    }
    text_.lines.emplace(path, line_);
  }

  JsonText& text_;
  const std::int64_t& line_;
  std::vector<Object> open_;
};

std::int64_t LineOf(std::string_view text, std::size_t byte, std::int64_t first_line) {
  const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
  return first_line + std::count(before.begin(), before.end(), '\n');
}

constexpr std::size_t kMostShown = 80;  // bytes of a value

}  // namespace

std::string JsonText::Where(const std::string& key) const {
  std::string path = key;
  auto found = lines.find(path);
  while (found == lines.end() && path.find('.') != std::string::npos) {
    path.erase(path.rfind('.'));
    found = lines.find(path);
  }
  return fmt::format("{}: line {}", source, found == lines.end() ? first_line : found->second);
}

JsonText ParseJsonText(std::string_view text, const std::string& source, std::string_view expected,
                       std::int64_t first_line) {
  JsonText result;
  result.source = source;
  result.first_line = first_line;
  std::int64_t line = first_line;
  KeyTracker tracker(result, line);
  const auto follow = [&](int depth, Json::parse_event_t event, Json& parsed) {
    return tracker(depth, event, parsed);
  };
  try {
    result.value = Json::parse(CountedChars(text.data(), &line),
                               CountedChars(text.data() + text.size(), nullptr), follow);
  } catch (const Json::parse_error& error) {
    FailUser("{}: line {}: not JSON; expected {}", source, LineOf(text, error.byte, first_line),
             expected);
  } catch (const Json::out_of_range&) {
    FailUser("{}: line {}: a number is too large to be read", source, line);
  }
  return result;
}

std::string ShowJson(const Json& value) {
  std::string text = DumpJson(value);
  if (text.size() <= kMostShown) return text;
  std::size_t end = kMostShown;
  // Not in the middle of a character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string ShowWord(std::string_view word) {
  const std::string quoted = ShowJson(Json(std::string(word)));
  return quoted.substr(1, quoted.size() - (quoted.back() == '"' ? 2 : 1));
}

}  // namespace jupiter

// JSON that users edit: the value of a text, and where in it the keys of objects stand.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace jupiter {

// Keys stay in the order in which they stand.
using Json = nlohmann::ordered_json;

struct JsonText {
  Json value;
  std::string source;                         // names the text in errors
  std::int64_t first_line = 1;                // of the text in its file
  std::map<std::string, std::int64_t> lines;  // of keys: "layers", "model.hidden"

  // "SOURCE: line L" of a key, or of the object that it should stand in.
  std::string Where(const std::string& key) const;
};

// Throws UserError "SOURCE: line L: ..." for text that is no JSON (`expected` says what should be
// there) and for keys that occur twice in an object.
JsonText ParseJsonText(std::string_view text, const std::string& source, std::string_view expected,
                       std::int64_t first_line = 1);

// The text of any value. File names may have bytes that are no UTF-8, which JSON cannot hold: they
// come out as U+FFFD. On one line, or indented by that many spaces.
template <typename Json>
std::string DumpJson(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// A value as messages show it: on one line, the beginning of a long one.
std::string ShowJson(const Json& value);
// Characters of a key or word as messages show them, without quotes, on one line.
std::string ShowWord(std::string_view word);

}  // namespace jupiter

// YAML text as a plain tree that knows its lines.
//
// Stricter than YAML: one document; keys are text and unique in their map; no aliases, so that a
// short file cannot stand for an endless one. Nesting, nodes and bytes are limited.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jupiter {

struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };
  struct Key {
    std::string text;
    int line = 0;
  };

  Kind kind = Kind::kNull;
  int line = 0;                 // from 1
  std::string text;             // of a scalar
  std::vector<Key> keys;        // of a map, in the order of the file
  std::vector<YamlNode> items;  // of a list; of a map, by key
};

// Throws UserError "SOURCE: line L: ..." for what is no YAML or breaks the limits.
YamlNode ParseYaml(const std::string& text, const std::string& source);

// The bytes of a file, which is `what` ("a device profile"). Throws UserError for what is missing,
// a folder, unreadable or too large.
std::string ReadYamlFile(const std::string& path, const std::string& what);

// A value cut and cleaned for a message: in quotes, one line, printable.
std::string Show(const std::string& text);

// A scalar in double quotes that ParseYaml reads back as the same text.
std::string QuoteYaml(const std::string& text);

}  // namespace jupiter

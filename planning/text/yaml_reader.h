// Typed reading of a YamlNode tree. Every refusal is one line
// "FILE: line L: KEY: what is wrong, expected what, got what".
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planning/text/units.h"
#include "planning/text/yaml_tree.h"

namespace jupiter {

// What a quantity may be, in base units; both ends included.
struct QuantityRange {
  Dimension dimension = Dimension::kFraction;
  double least = 0;
  double most = 0;
};

class YamlMap;

// A value of a file and where it stands. Views: tree and source must outlive it.
class YamlValue {
 public:
  // `key` is the path from the root, "devices[2].profile"; empty for the root.
  YamlValue(const YamlNode& node, const std::string& source, std::string key)
      : node_(&node), source_(&source), key_(std::move(key)) {}

  [[noreturn]] void Fail(std::string_view problem) const;
  // Ends with what the value is: `problem, got ...`.
  [[noreturn]] void FailGot(std::string_view problem) const;

  // A scalar of 1 to 4000 bytes.
  const std::string& Text() const;
  // Text that fits in a table: one line of at most 100 printable bytes.
  const std::string& Name() const;
  bool Bool() const;
  std::int64_t Integer(std::int64_t least, std::int64_t most) const;
  double Quantity(const QuantityRange& range) const;
  // The elements of a list, between `least` and `most` of them.
  std::vector<YamlValue> List(std::size_t least, std::size_t most) const;

  const YamlNode& node() const { return *node_; }
  const std::string& source() const { return *source_; }
  const std::string& key() const { return key_; }

 private:
  const YamlNode* node_;
  const std::string* source_;
  std::string key_;
};

// A map with a fixed set of keys.
class YamlMap {
 public:
  // Refuses a value that is no map, and keys that are not among `known`, naming the nearest one.
  YamlMap(YamlValue value, std::initializer_list<std::string_view> known);

  // Refuses when the key is missing.
  YamlValue At(std::string_view key) const;
  std::optional<YamlValue> Find(std::string_view key) const;
  const YamlValue& value() const { return value_; }

 private:
  YamlValue value_;
};

// A map whose keys are the user's: each with its value.
struct YamlEntry {
  std::string name;
  YamlValue value;
};
std::vector<YamlEntry> Entries(const YamlValue& value);

// The word that is spelled most like `word`, unless none is near.
std::optional<std::string> Nearest(std::string_view word, const std::vector<std::string>& known);
// ", expected one of a, b, c", and "; did you mean b?" where one is near.
std::string ExpectedOneOf(std::string_view word, const std::vector<std::string>& known);

}  // namespace jupiter

#include "planning/text/yaml_reader.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <system_error>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr std::size_t kMostTextBytes = 4000;
constexpr std::size_t kMostNameBytes = 100;

std::string ShowValue(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull: return "nothing";
    case YamlNode::Kind::kScalar: return Show(node.text);
    case YamlNode::Kind::kList: return fmt::format("a list of {}", node.items.size());
    case YamlNode::Kind::kMap: return "a map";
  }
  JUPITER_FAIL("kind {}", static_cast<int>(node.kind));
}

std::string JoinKey(std::string_view path, std::string_view key) {
  return fmt::format("{}{}{}", path, path.empty() ? "" : ".", key);
}

YamlValue ChildAt(const YamlValue& map, std::size_t index) {
  const std::string& key = map.node().keys[index].text;
  return {map.node().items[index], map.source(), JoinKey(map.key(), key)};
}

void ExpectMap(const YamlValue& value) {
  if (value.node().kind != YamlNode::Kind::kMap) {
    value.FailGot("expected a map (key: value lines)");
  }
}

// Levenshtein distance.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

void YamlValue::Fail(std::string_view problem) const {
  FailUser("{}: line {}: {}{}{}", *source_, node_->line, key_, key_.empty() ? "" : ": ", problem);
}

void YamlValue::FailGot(std::string_view problem) const {
  Fail(fmt::format("{}, got {}", problem, ShowValue(*node_)));
}

const std::string& YamlValue::Text() const {
  if (node_->kind != YamlNode::Kind::kScalar) FailGot("expected text");
  if (node_->text.empty()) Fail("expected text, got none");
  if (node_->text.size() > kMostTextBytes) {
    FailGot(fmt::format("{} bytes, expected {} at most", node_->text.size(), kMostTextBytes));
  }
  return node_->text;
}

const std::string& YamlValue::Name() const {
  const std::string& text = Text();
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (text.size() > kMostNameBytes || std::any_of(text.begin(), text.end(), is_control)) {
    FailGot(fmt::format("expected one line of {} printable bytes at most", kMostNameBytes));
  }
  return text;
}

bool YamlValue::Bool() const {
  const bool is_scalar = node_->kind == YamlNode::Kind::kScalar;
  if (!is_scalar || (node_->text != "true" && node_->text != "false")) {
    FailGot("expected true or false");
  }
  return node_->text == "true";
}

std::int64_t YamlValue::Integer(std::int64_t least, std::int64_t most) const {
  std::int64_t value = 0;
  bool good = node_->kind == YamlNode::Kind::kScalar;
  if (good) {
    const char* end = node_->text.data() + node_->text.size();
    const auto [stop, error] = std::from_chars(node_->text.data(), end, value);
    good = error == std::errc() && stop == end && value >= least && value <= most;
  }
  if (!good) FailGot(fmt::format("expected a whole number from {} to {}", least, most));
  return value;
}

double YamlValue::Quantity(const QuantityRange& range) const {
  if (node_->kind != YamlNode::Kind::kScalar) {
    FailGot(fmt::format("expected a {}", jupiter::Name(range.dimension)));
  }
  double value = 0;
  try {
    value = ParseQuantity(node_->text, range.dimension);
  } catch (const UserError& error) {
    FailGot(error.what());
  }
  if (!(value >= range.least && value <= range.most)) {
    FailGot(fmt::format("expected a {} from {} to {}", jupiter::Name(range.dimension),
                        FormatQuantity(range.least, range.dimension),
                        FormatQuantity(range.most, range.dimension)));
  }
  return value;
}

std::vector<YamlValue> YamlValue::List(std::size_t least, std::size_t most) const {
  if (node_->kind != YamlNode::Kind::kList) FailGot("expected a list (lines that begin with -)");
  const std::size_t size = node_->items.size();
  if (size < least || size > most) {
    Fail(fmt::format("expected a list of {} to {}, got {}", least, most, size));
  }
  std::vector<YamlValue> values;
  values.reserve(size);
  for (std::size_t i = 0; i < size; ++i) {
    values.emplace_back(node_->items[i], *source_, fmt::format("{}[{}]", key_, i));
  }
  return values;
}

YamlMap::YamlMap(YamlValue value, std::initializer_list<std::string_view> known)
    : value_(std::move(value)) {
  ExpectMap(value_);
  for (const YamlNode::Key& key : value_.node().keys) {
    if (std::find(known.begin(), known.end(), key.text) != known.end()) continue;
    const std::vector<std::string> names(known.begin(), known.end());
    FailUser("{}: line {}: {}: unknown key{}", value_.source(), key.line,
             JoinKey(value_.key(), Show(key.text)), ExpectedOneOf(key.text, names));
  }
}

YamlValue YamlMap::At(std::string_view key) const {
  std::optional<YamlValue> value = Find(key);
  if (!value) {
    FailUser("{}: line {}: {}: missing; add \"{}: ...\"", value_.source(), value_.node().line,
             JoinKey(value_.key(), key), key);
  }
  return *std::move(value);
}

std::optional<YamlValue> YamlMap::Find(std::string_view key) const {
  const std::vector<YamlNode::Key>& keys = value_.node().keys;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].text == key) return ChildAt(value_, i);
  }
  return std::nullopt;
}

std::vector<YamlEntry> Entries(const YamlValue& value) {
  ExpectMap(value);
  std::vector<YamlEntry> entries;
  for (std::size_t i = 0; i < value.node().keys.size(); ++i) {
    const std::string& name = value.node().keys[i].text;
    entries.push_back({name,
                       {value.node().items[i], value.source(),
                        JoinKey(value.key(), name.empty() ? "\"\"" : Show(name))}});
  }
  return entries;
}

std::optional<std::string> Nearest(std::string_view word, const std::vector<std::string>& known) {
  const std::size_t limit = std::max<std::size_t>(2, word.size() / 3);
  std::optional<std::string> nearest;
  std::size_t least = limit + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = EditDistance(word.substr(0, kMostNameBytes), candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string ExpectedOneOf(std::string_view word, const std::vector<std::string>& known) {
  const std::optional<std::string> nearest = Nearest(word, known);
  return fmt::format(", expected one of {}{}", fmt::join(known, ", "),
                     nearest ? fmt::format("; did you mean {}?", *nearest) : "");
}

}  // namespace jupiter

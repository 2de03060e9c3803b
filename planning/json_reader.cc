#include "planning/json_reader.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "kernels/base/check.h"
#include "planning/yaml_tree.h"

namespace jupiter {
namespace {

constexpr int kMost = 1 << 24;

}  // namespace

JsonReader::JsonReader(const Json& object, const std::string& source, std::string what,
                       const std::string& place)
    : object_(object),
      source_(source),
      what_(std::move(what)),
      prefix_(place.empty() ? "" : place + ".") {
  if (!object.is_object()) {
    FailUser("{}: {}expected {} as a JSON object", source, place.empty() ? "" : place + ": ",
             what_);
  }
}

const JsonReader::Json& JsonReader::Get(const char* key) const {
  if (!Has(key)) FailUser("{}: {}{} is missing", source_, prefix_, key);
  return object_[key];
}

std::string JsonReader::Word(const char* key) const {
  const Json& value = Get(key);
  if (!value.is_string()) Fail(key, value, "a word");
  return value.get<std::string>();
}

int JsonReader::Number(const Json& value, const char* key, int least) const {
  if (!value.is_number_integer() || value.get<std::int64_t>() < least ||
      value.get<std::int64_t>() > kMost) {
    Fail(key, value, fmt::format("a whole number from {} to {}", least, kMost));
  }
  return value.get<int>();
}

std::vector<int> JsonReader::Numbers(const Json& value, const char* key, int least) const {
  if (!value.is_array() || value.empty()) Fail(key, value, "a list of numbers");
  std::vector<int> numbers;
  for (const Json& number : value) numbers.push_back(Number(number, key, least));
  return numbers;
}

bool JsonReader::Flag(const char* key) const {
  const Json& value = Get(key);
  if (!value.is_boolean()) Fail(key, value, "true or false");
  return value.get<bool>();
}

DType JsonReader::Type(const char* key) const {
  const std::optional<DType> dtype = ParseDType(Word(key));
  if (!dtype) Fail(key, Get(key), "a type such as f32 or f16");
  return *dtype;
}

void JsonReader::ExpectOnly(std::initializer_list<std::string_view> keys) const {
  for (const auto& entry : object_.items()) {
    if (std::find(keys.begin(), keys.end(), entry.key()) != keys.end()) continue;
    const std::string shown = Show(entry.key());  // printable, in quotes
    FailUser("{}: unknown key {}{}; {} has {}", source_, prefix_, shown.substr(1, shown.size() - 2),
             what_, fmt::join(keys, ", "));
  }
}

void JsonReader::Fail(const char* key, const Json& value, const std::string& expected) const {
  FailUser("{}: {}{}: got {}, expected {}", source_, prefix_, key, DumpJson(value), expected);
}

}  // namespace jupiter

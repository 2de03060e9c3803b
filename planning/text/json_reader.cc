#include "planning/text/json_reader.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {

JsonReader::JsonReader(const JsonText& text, std::string what)
    : text_(text), object_(text.value), what_(std::move(what)) {
  if (object_.is_object()) return;
  FailUser("{}: got {}, expected {} as a JSON object", text.Where(""), ShowJson(object_), what_);
}

JsonReader::JsonReader(const JsonText& text, const Json& object, const std::string& key,
                       std::string what)
    : text_(text), object_(object), what_(std::move(what)), prefix_(key + ".") {
  if (object.is_object()) return;
  FailUser("{}: {}: got {}, expected {} as a JSON object", text.Where(key), key, ShowJson(object),
           what_);
}

const Json& JsonReader::Get(const char* key) const {
  if (!Has(key)) Fail(key, fmt::format("missing, expected in {}", what_));
  return object_[key];
}

std::string JsonReader::Word(const char* key) const {
  const Json& value = Get(key);
  if (!value.is_string()) Fail(key, value, "a word");
  return value.get<std::string>();
}

std::int64_t JsonReader::Count(const Json& value, const char* key, std::int64_t least,
                               std::int64_t most) const {
  if (!value.is_number_integer() || value.get<std::int64_t>() < least ||
      value.get<std::int64_t>() > most) {
    Fail(key, value, fmt::format("a whole number from {} to {}", least, most));
  }
  return value.get<std::int64_t>();
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

void JsonReader::ExpectOnly(const std::vector<std::string_view>& keys) const {
  for (const auto& entry : object_.items()) {
    if (std::find(keys.begin(), keys.end(), entry.key()) != keys.end()) continue;
    FailUser("{}: unknown key {}{}; {} has {}", text_.Where(prefix_ + entry.key()), prefix_,
             ShowWord(entry.key()), what_, fmt::join(keys, ", "));
  }
}

void JsonReader::Fail(const char* key, const Json& value, const std::string& expected) const {
  Fail(key, fmt::format("got {}, expected {}", ShowJson(value), expected));
}

void JsonReader::Fail(const char* key, const std::string& why) const {
  FailUser("{}: {}{}: {}", text_.Where(prefix_ + key), prefix_, key, why);
}

}  // namespace jupiter

#include "model/checkpoint/json_object.h"

#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/checkpoint/config_limits.h"

namespace jupiter {
namespace {

constexpr std::size_t kMostJsonBytes = 100'000'000;
constexpr int kMostJsonDepth = 64;

// Watches the parser: nlohmann::json itself accepts any depth and keeps the last of equal keys.
class Watch {
 public:
  explicit Watch(const std::string& path) : path_(path) {}

  bool operator()(int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (depth > kMostJsonDepth)
      FailUser("{}: JSON nested deeper than {} levels", path_, kMostJsonDepth);
    if (event == Event::object_start) {
      keys_.emplace_back();
    } else if (event == Event::object_end) {
      keys_.pop_back();
    } else if (event == Event::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys_.back().insert(key).second) {
        FailUser("{}: the key {} occurs twice", path_, Quote(key));
      }
    }
    return true;
  }

 private:
  const std::string& path_;
  std::vector<std::set<std::string>> keys_;  // of the objects that are open
};

}  // namespace

nlohmann::json ParseJson(std::string_view text, const std::string& path) {
  if (text.size() > kMostJsonBytes) {
    FailUser("{}: {} bytes of JSON, expected at most {}", path, text.size(), kMostJsonBytes);
  }
  nlohmann::json root;
  try {
    Watch watch(path);
    root = nlohmann::json::parse(text.begin(), text.end(), std::ref(watch));
  } catch (const nlohmann::json::parse_error& error) {
    FailUser("{}: not valid JSON at byte {} of {}", path, error.byte, text.size());
  } catch (const nlohmann::json::exception&) {
    FailUser("{}: not valid JSON: a number is out of range", path);
  }
  if (!root.is_object()) FailUser("{}: the JSON is {}, expected an object", path, root.type_name());
  return root;
}

bool JsonObject::Has(const char* key) const {
  const auto found = object_.find(key);
  return found != object_.end() && !found->is_null();
}

std::string JsonObject::Place(const char* key) const {
  return fmt::format("{}key '{}'", place_, key);
}

const nlohmann::json& JsonObject::Value(const char* key) const {
  if (!Has(key)) FailUser("{} is missing", Place(key));
  return *object_.find(key);
}

void JsonObject::FailKind(const char* key, const char* expected) const {
  FailUser("{} is {}, expected {}", Place(key), Value(key).type_name(), expected);
}

std::int64_t JsonObject::Integer(const char* key) const {
  const nlohmann::json& value = Value(key);
  if (!value.is_number_integer()) FailKind(key, "a whole number");
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > kMost) {
    FailUser("{} is {}, which is too large", Place(key), value.get<std::uint64_t>());
  }
  return value.get<std::int64_t>();
}

int JsonObject::Count(const char* key) const { return NarrowCount(Place(key), Integer(key)); }

float JsonObject::Positive(const char* key) const {
  const nlohmann::json& value = Value(key);
  if (!value.is_number()) FailKind(key, "a number");
  return NarrowPositive(Place(key), value.get<double>());
}

std::string JsonObject::Text(const char* key) const {
  const nlohmann::json& value = Value(key);
  if (!value.is_string()) FailKind(key, "a string");
  return value.get<std::string>();
}

bool JsonObject::FlagOr(const char* key, bool other) const {
  if (!Has(key)) return other;
  if (!Value(key).is_boolean()) FailKind(key, "true or false");
  return Value(key).get<bool>();
}

JsonObject JsonObject::Object(const char* key) const {
  if (!Value(key).is_object()) FailKind(key, "an object");
  return JsonObject(Value(key), fmt::format("{}{}.", place_, key));
}

}  // namespace jupiter

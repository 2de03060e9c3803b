// JSON from files nobody vouches for: bounded, strict, and with messages that name file and key.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace jupiter {

// Parses a text whose root is an object. Throws UserError for text that is not JSON, nested deeper
// than 64 levels, longer than 100 MB, or with a key that occurs twice in one object.
nlohmann::json ParseJson(std::string_view text, const std::string& path);

// Typed access to one object. A null counts as absent. All throw UserError naming file and key.
class JsonObject {
 public:
  // `place`: "FILE: " or "FILE: rope_scaling."; `object` must be an object and outlive this.
  JsonObject(const nlohmann::json& object, std::string place)
      : object_(object), place_(std::move(place)) {}

  bool Has(const char* key) const;
  // True for a null, too.
  bool Mentions(const char* key) const { return object_.contains(key); }
  const nlohmann::json& Value(const char* key) const;
  std::int64_t Integer(const char* key) const;
  int Count(const char* key) const;  // 1 ... 2^24
  float Positive(const char* key) const;
  std::string Text(const char* key) const;
  int CountOr(const char* key, int other) const { return Has(key) ? Count(key) : other; }
  float PositiveOr(const char* key, float other) const { return Has(key) ? Positive(key) : other; }
  std::string TextOr(const char* key, const char* other) const {
    return Has(key) ? Text(key) : other;
  }
  bool FlagOr(const char* key, bool other) const;
  JsonObject Object(const char* key) const;
  // "FILE: key 'x'", for messages.
  std::string Place(const char* key) const;

 private:
  [[noreturn]] void FailKind(const char* key, const char* expected) const;

  const nlohmann::json& object_;
  std::string place_;
};

}  // namespace jupiter

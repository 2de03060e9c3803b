// Fields of JSON objects, each checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/base/dtype.h"
#include "planning/text/json_text.h"

namespace jupiter {

// Reads the fields of one object; what is wrong with them is a UserError that names file, line and
// key. References outlive it.
class JsonReader {
 public:
  static constexpr std::int64_t kMost = 1 << 24;

  // The text is the object. `what` says what it stands for: "a plan".
  JsonReader(const JsonText& text, std::string what);
  // The object under a key of the text.
  JsonReader(const JsonText& text, const Json& object, const std::string& key, std::string what);

  bool Has(const char* key) const { return object_.contains(key); }
  const Json& Get(const char* key) const;
  std::string Word(const char* key) const;
  std::int64_t Count(const char* key, std::int64_t least, std::int64_t most) const {
    return Count(Get(key), key, least, most);
  }
  int Number(const char* key, int least) const { return Number(Get(key), key, least); }
  int Number(const Json& value, const char* key, int least) const {
    return static_cast<int>(Count(value, key, least, kMost));
  }
  std::vector<int> Numbers(const char* key, int least) const {
    return Numbers(Get(key), key, least);
  }
  std::vector<int> Numbers(const Json& value, const char* key, int least) const;
  std::vector<int> ListIfAny(const char* key) const {
    return Has(key) ? Numbers(key, 0) : std::vector<int>{};
  }
  bool Flag(const char* key) const;
  DType Type(const char* key) const;
  void ExpectOnly(const std::vector<std::string_view>& keys) const;

  // Fails with what a key has and what it should have, or with a sentence of one's own.
  [[noreturn]] void Fail(const char* key, const Json& value, const std::string& expected) const;
  [[noreturn]] void Fail(const char* key, const std::string& why) const;

 private:
  std::int64_t Count(const Json& value, const char* key, std::int64_t least,
                     std::int64_t most) const;

  const JsonText& text_;
  const Json& object_;
  std::string what_;
  std::string prefix_;  // of the object's keys in the text: "model."
};

}  // namespace jupiter

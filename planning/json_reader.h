// JSON in and out, as plans and reports need it.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/base/dtype.h"

namespace jupiter {

// The text of any value. File names may have bytes that are no UTF-8, which JSON cannot hold: they
// come out as U+FFFD. On one line, or indented by that many spaces.
template <typename Json>
std::string DumpJson(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// Reads the fields of one object; what is wrong with them is a UserError that names `source` and
// key. References outlive it.
class JsonReader {
 public:
  using Json = nlohmann::ordered_json;

  // `what` is what the object stands for: "a plan". `place` is where it is in the text: "model", or
  // nothing.
  JsonReader(const Json& object, const std::string& source, std::string what,
             const std::string& place = "");

  bool Has(const char* key) const { return object_.contains(key); }
  const Json& Get(const char* key) const;
  std::string Word(const char* key) const;
  int Number(const char* key, int least) const { return Number(Get(key), key, least); }
  int Number(const Json& value, const char* key, int least) const;
  std::vector<int> Numbers(const char* key, int least) const {
    return Numbers(Get(key), key, least);
  }
  std::vector<int> Numbers(const Json& value, const char* key, int least) const;
  std::vector<int> ListIfAny(const char* key) const {
    return Has(key) ? Numbers(key, 0) : std::vector<int>{};
  }
  bool Flag(const char* key) const;
  DType Type(const char* key) const;
  void ExpectOnly(std::initializer_list<std::string_view> keys) const;
  [[noreturn]] void Fail(const char* key, const Json& value, const std::string& expected) const;

 private:
  const Json& object_;
  const std::string& source_;
  std::string what_;
  std::string prefix_;
};

}  // namespace jupiter

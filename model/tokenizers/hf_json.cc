#include "model/tokenizers/hf_json.h"

#include "kernels/base/check.h"

namespace jupiter {

const HfJson& Child(const HfJson& value, std::string_view key) {
  static const HfJson kNull;
  if (!value.is_object()) return kNull;
  const auto found = value.find(std::string(key));
  return found == value.end() ? kNull : *found;
}

std::string StringOr(const std::string& path, const HfJson& value, std::string_view key,
                     std::string_view fallback) {
  const HfJson& child = Child(value, key);
  if (child.is_null()) return std::string(fallback);
  if (!child.is_string()) {
    FailUser("{}: \"{}\" is a {}, expected a string", path, key, child.type_name());
  }
  return child.get<std::string>();
}

bool BoolOr(const std::string& path, const HfJson& value, std::string_view key, bool fallback) {
  const HfJson& child = Child(value, key);
  if (child.is_null()) return fallback;
  if (!child.is_boolean()) {
    FailUser("{}: \"{}\" is a {}, expected true or false", path, key, child.type_name());
  }
  return child.get<bool>();
}

std::vector<const HfJson*> Steps(const std::string& path, const HfJson& stage,
                                 std::string_view list_key) {
  if (stage.is_null()) return {};
  if (StringOr(path, stage, "type", "") != "Sequence") return {&stage};
  const HfJson& list = Child(stage, list_key);
  if (!list.is_array()) {
    FailUser("{}: a Sequence without a list \"{}\"", path, list_key);
  }
  std::vector<const HfJson*> steps;
  for (const HfJson& step : list) steps.push_back(&step);
  return steps;
}

}  // namespace jupiter

// Access to tokenizer.json with errors that name the file and the place.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace jupiter {

using HfJson = nlohmann::json;

// The member of an object; null when there is none, or `value` is no object.
const HfJson& Child(const HfJson& value, std::string_view key);

// A member; `fallback` when it is absent or null. Throw UserError when it is of another kind.
std::string StringOr(const std::string& path, const HfJson& value, std::string_view key,
                     std::string_view fallback);
bool BoolOr(const std::string& path, const HfJson& value, std::string_view key, bool fallback);

// The steps of a pipeline stage: none for null, those under `list_key` of a "Sequence", else the
// stage itself.
std::vector<const HfJson*> Steps(const std::string& path, const HfJson& stage,
                                 std::string_view list_key);

}  // namespace jupiter

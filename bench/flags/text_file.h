// Whole files as text.
#pragma once

#include <optional>
#include <string>

namespace jupiter {

// Nothing when the file cannot be read (also a folder).
std::optional<std::string> ReadTextFile(const std::string& path);

}  // namespace jupiter

#include "bench/flags/text_file.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace jupiter {

std::optional<std::string> ReadTextFile(const std::string& path) {
  // Pipes and devices may never end.
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text;
  std::array<char, 4096> part;
  do {
    file.read(part.data(), part.size());
    text.append(part.data(), static_cast<std::size_t>(file.gcount()));
  } while (file);
  if (file.bad()) return std::nullopt;
  return text;
}

}  // namespace jupiter

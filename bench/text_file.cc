#include "bench/text_file.h"

#include <array>
#include <fstream>

namespace jupiter {

std::optional<std::string> ReadTextFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text;
  std::array<char, 4096> part;
  do {
    file.read(part.data(), part.size());
    text.append(part.data(), static_cast<std::size_t>(file.gcount()));
  } while (file);
  // A folder opens like a file, but its first read fails.
  if (file.bad()) return std::nullopt;
  return text;
}

}  // namespace jupiter

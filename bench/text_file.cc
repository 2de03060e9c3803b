#include "bench/text_file.h"

#include <fstream>
#include <sstream>

namespace jupiter {

std::optional<std::string> ReadTextFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  // A folder opens like a file; its first read throws, which the stream turns into its bad bit.
  text << file.rdbuf();
  if (text.bad()) return std::nullopt;
  return text.str();
}

}  // namespace jupiter

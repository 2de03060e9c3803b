#include "tests/model/tokenizers/vectors.h"

#include <sstream>

#include "tests/model/tokenizers/test_files.h"

namespace jupiter {

Vectors ReadVectors(const std::string& vocabulary) {
  const std::string separator = "\n__ggml_vocab_test__\n";
  const std::string all = ReadText(vocabulary + ".inp");
  Vectors vectors;
  for (std::size_t at = 0;;) {
    const std::size_t end = all.find(separator, at);
    vectors.texts.push_back(all.substr(at, end - at));
    if (end == std::string::npos) break;
    at = end + separator.size();
  }
  std::istringstream lines(ReadText(vocabulary + ".out"));
  // The last text is empty, and so is its line, which getline does not see.
  for (std::string line; vectors.ids.size() < vectors.texts.size(); line.clear()) {
    std::getline(lines, line);
    std::istringstream numbers(line);
    std::vector<std::int32_t>& ids = vectors.ids.emplace_back();
    for (std::int32_t id = 0; numbers >> id;) ids.push_back(id);
  }
  return vectors;
}

}  // namespace jupiter

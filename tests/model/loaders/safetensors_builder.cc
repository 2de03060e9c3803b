#include "tests/model/loaders/safetensors_builder.h"

#include "tests/model/loaders/gguf_builder.h"

namespace jupiter {

void SafetensorsBuilder::Add(const std::string& name, const std::string& dtype,
                             const std::vector<std::int64_t>& shape, const std::string& bytes) {
  header[name] = {{"dtype", dtype},
                  {"shape", shape},
                  {"data_offsets", {data.size(), data.size() + bytes.size()}}};
  data += bytes;
}

std::string SafetensorsBuilder::Build() const {
  std::string text = header.dump();
  while ((text.size() + 8) % 8 != 0) text += ' ';
  return Frame(text + std::string(static_cast<std::size_t>(padding), ' '), data);
}

std::string SafetensorsBuilder::Frame(const std::string& header_text, const std::string& data) {
  return NumberBytes<std::uint64_t>(header_text.size()) + header_text + data;
}

}  // namespace jupiter

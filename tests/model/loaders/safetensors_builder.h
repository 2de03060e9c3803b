// Writes safetensors files, right ones and wrong ones.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace jupiter {

class SafetensorsBuilder {
 public:
  void Add(const std::string& name, const std::string& dtype,
           const std::vector<std::int64_t>& shape, const std::string& bytes);

  // The header as it will be written; tests change it.
  nlohmann::json header;
  std::string data;
  // Spaces after the header: shifts the data.
  int padding = 0;

  std::string Build() const;
  // Any header text over `data`.
  static std::string Frame(const std::string& header_text, const std::string& data);
};

}  // namespace jupiter

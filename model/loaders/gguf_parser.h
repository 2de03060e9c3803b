// Reads the header, the metadata and the tensor directory of a GGUF file.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "model/checkpoint/byte_reader.h"
#include "model/loaders/gguf_file.h"

namespace jupiter {

// After the specification of the format (ggml-org/ggml, docs/gguf.md), versions 2 and 3.
class GgufParser {
 public:
  explicit GgufParser(const MappedFile& file) : reader_(file.bytes(), file.path()) {}

  // Call in this order. All throw UserError.
  void ReadHeader();
  std::unordered_map<std::string, GgufValue> ReadValues();
  std::vector<GgufTensor> ReadTensors();

  int version() const { return version_; }
  std::uint64_t position() const { return reader_.position(); }

 private:
  std::string ReadString(std::string_view what, std::uint64_t most);
  std::uint64_t ReadCount(std::uint64_t least_item_bytes);
  GgufValue ReadValue(std::uint32_t kind, bool array);
  template <typename Stored, typename Wide>
  GgufValue ReadNumbers(bool array);
  GgufValue ReadBools(bool array);
  GgufValue ReadStrings(bool array);
  bool ReadBool();
  GgufTensor ReadTensor();

  ByteReader reader_;
  std::string place_;  // what is being read, for messages
  int version_ = 0;
  std::uint64_t value_count_ = 0;
  std::uint64_t tensor_count_ = 0;
};

}  // namespace jupiter

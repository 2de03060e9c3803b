// One safetensors file: its header, checked against the file.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernels/base/dtype.h"
#include "model/checkpoint/mapped_checkpoint.h"

namespace jupiter {

struct SafetensorsEntry {
  std::string dtype;  // as in the file
  std::vector<std::int64_t> shape;
  const std::byte* data = nullptr;
};

class SafetensorsFile {
 public:
  // Throws UserError naming the file and the tensor.
  explicit SafetensorsFile(std::shared_ptr<const MappedFile> file);

  const std::shared_ptr<const MappedFile>& file() const { return file_; }
  const std::map<std::string, SafetensorsEntry>& entries() const { return entries_; }

 private:
  std::shared_ptr<const MappedFile> file_;
  std::map<std::string, SafetensorsEntry> entries_;
};

// F32, F16 or BF16; throws UserError for another type. `path` and `name` are for the message.
DType ParseSafetensorsType(const std::string& path, const std::string& name,
                           const std::string& dtype);

// An entry as a matrix, or as a vector in one row, under another name. Throws UserError for other
// types and shapes.
StoredTensor StoreTensor(const SafetensorsFile& file, const std::string& name,
                         const SafetensorsEntry& entry, std::string canonical_name);

}  // namespace jupiter

// The container part of GGUF versions 2 and 3 (little endian): typed key-value metadata and a
// directory of tensors, every count, length and offset checked against the file. What the keys mean
// is the business of the model loader and of the tokenizer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "model/checkpoint/mapped_file.h"

namespace jupiter {

// All integer types widen to int64 / uint64, floats to double; arrays hold one element kind.
using GgufValue =
    std::variant<bool, std::int64_t, std::uint64_t, double, std::string, std::vector<bool>,
                 std::vector<std::int64_t>, std::vector<std::uint64_t>, std::vector<double>,
                 std::vector<std::string>>;

struct GgufTensor {
  std::string name;
  std::uint32_t type = 0;                // as numbered in the file
  std::vector<std::int64_t> dimensions;  // fastest first, as in the file
  std::uint64_t offset = 0;              // from the start of the data section
};

class GgufFile {
 public:
  // Throws UserError naming the file and the place.
  explicit GgufFile(std::shared_ptr<const MappedFile> file);

  const MappedFile& file() const { return *file_; }
  int version() const { return version_; }
  const std::vector<GgufTensor>& tensors() const { return tensors_; }
  // The data section (aligned as the file says).
  std::span<const std::byte> data() const { return data_; }

  bool Has(std::string_view key) const;
  // Typed access; throw UserError when the key is missing or of another kind. Integers of either
  // signedness are accepted where they fit; so are float arrays of f32 and f64.
  std::int64_t Integer(std::string_view key) const;
  double Real(std::string_view key) const;  // integers too
  bool Bool(std::string_view key) const;
  const std::string& String(std::string_view key) const;
  std::vector<std::int64_t> Integers(std::string_view key) const;
  const std::vector<double>& Reals(std::string_view key) const;
  const std::vector<std::string>& Strings(std::string_view key) const;

 private:
  const GgufValue& Value(std::string_view key) const;

  std::shared_ptr<const MappedFile> file_;
  int version_ = 0;
  std::unordered_map<std::string, GgufValue> values_;
  std::vector<GgufTensor> tensors_;
  std::span<const std::byte> data_;
};

}  // namespace jupiter

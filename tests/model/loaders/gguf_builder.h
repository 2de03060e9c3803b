// Writes GGUF files, right ones and wrong ones.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace jupiter {

// The bytes of a little-endian number.
template <typename T>
std::string NumberBytes(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

class GgufBuilder {
 public:
  struct Tensor {
    std::string name;
    std::uint32_t type = 0;
    std::vector<std::uint64_t> dimensions;  // fastest first
    std::string bytes;
    std::uint64_t offset = 0;  // set by Place, or by a test
  };

  // Metadata; setting a key again replaces it.
  void SetU32(const std::string& key, std::uint32_t value) { Set(key, 4, NumberBytes(value)); }
  void SetI32(const std::string& key, std::int32_t value) { Set(key, 5, NumberBytes(value)); }
  void SetF32(const std::string& key, float value) { Set(key, 6, NumberBytes(value)); }
  void SetBool(const std::string& key, bool value) { Set(key, 7, std::string(1, value ? 1 : 0)); }
  void SetString(const std::string& key, const std::string& value);
  void SetStrings(const std::string& key, const std::vector<std::string>& values);
  // A value of any kind, its bytes as in the file.
  void Set(const std::string& key, std::uint32_t kind, std::string bytes);
  void Remove(const std::string& key);

  void AddTensor(std::string name, std::uint32_t type, std::vector<std::uint64_t> dimensions,
                 std::string bytes);
  void RemoveTensor(const std::string& name);
  // Gives every tensor its offset, one after the other, aligned.
  void Place();
  Tensor& At(const std::string& name);
  const std::vector<Tensor>& tensors() const { return tensors_; }

  // The whole file, with the offsets that the tensors have.
  std::string Build() const;
  // Header, metadata and directory only, padded to where the data begins.
  std::string BuildHead() const;

  // Wrong ones on purpose. Negative counts mean the right count.
  std::string magic = "GGUF";
  std::uint32_t version = 3;
  std::uint64_t alignment = 32;
  std::int64_t declared_tensors = -1;
  std::int64_t declared_values = -1;

 private:
  struct Value {
    std::string key;
    std::uint32_t kind;
    std::string bytes;
  };
  std::vector<Value> values_;
  std::vector<Tensor> tensors_;
};

}  // namespace jupiter

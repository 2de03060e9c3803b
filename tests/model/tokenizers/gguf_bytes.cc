#include "tests/model/tokenizers/gguf_bytes.h"

#include <cstring>

namespace jupiter {
namespace {

// Value types of the GGUF specification.
enum GgufType : std::uint32_t { kU32 = 4, kI32 = 5, kF32 = 6, kBool = 7, kString = 8, kArray = 9 };

class Writer {
 public:
  template <typename T>
  void Raw(T value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));  // tests run on little-endian machines
    out_.append(bytes, sizeof(T));
  }
  void Text(const std::string& text) {
    Raw<std::uint64_t>(text.size());
    out_ += text;
  }

  void operator()(bool value) {
    Raw<std::uint32_t>(kBool);
    Raw<std::uint8_t>(value);
  }
  void operator()(std::uint32_t value) {
    Raw<std::uint32_t>(kU32);
    Raw(value);
  }
  void operator()(const std::string& value) {
    Raw<std::uint32_t>(kString);
    Text(value);
  }
  void operator()(const std::vector<std::string>& values) {
    Begin(kString, values.size());
    for (const std::string& value : values) Text(value);
  }
  void operator()(const std::vector<float>& values) {
    Begin(kF32, values.size());
    for (float value : values) Raw(value);
  }
  void operator()(const std::vector<std::int32_t>& values) {
    Begin(kI32, values.size());
    for (std::int32_t value : values) Raw(value);
  }

  std::string Take() { return std::move(out_); }

 private:
  void Begin(GgufType type, std::size_t count) {
    Raw<std::uint32_t>(kArray);
    Raw<std::uint32_t>(type);
    Raw<std::uint64_t>(count);
  }

  std::string out_;
};

}  // namespace

std::string GgufBytes(const GgufEntries& entries) {
  Writer writer;
  for (char c : {'G', 'G', 'U', 'F'}) writer.Raw(c);
  writer.Raw<std::uint32_t>(3);
  writer.Raw<std::uint64_t>(0);
  writer.Raw<std::uint64_t>(entries.size());
  for (const auto& [key, value] : entries) {
    writer.Text("tokenizer.ggml." + key);
    std::visit([&writer](const auto& held) { writer(held); }, value);
  }
  return writer.Take();
}

}  // namespace jupiter

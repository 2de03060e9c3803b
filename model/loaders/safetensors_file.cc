#include "model/loaders/safetensors_file.h"

#include <optional>
#include <span>
#include <utility>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/checkpoint/json_object.h"

namespace jupiter {
namespace {

// Bytes per element of the types that the format defines, or nothing.
std::optional<std::uint64_t> ElementBytes(const std::string& dtype) {
  static constexpr std::pair<std::string_view, std::uint64_t> kTypes[] = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1},
      {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
      {"U32", 4},  {"F32", 4}, {"F64", 8}, {"I64", 8},     {"U64", 8},
  };
  for (const auto& [name, bytes] : kTypes) {
    if (dtype == name) return bytes;
  }
  return std::nullopt;
}

// Whole numbers from 0 up.
std::vector<std::uint64_t> ReadNumbers(const JsonObject& entry, const char* key) {
  const nlohmann::json& list = entry.Value(key);
  std::vector<std::uint64_t> numbers;
  bool valid = list.is_array();
  for (std::size_t i = 0; valid && i < list.size(); ++i) {
    valid = list[i].is_number_unsigned();
    if (valid) numbers.push_back(list[i].get<std::uint64_t>());
  }
  if (!valid) FailUser("{} is not a list of whole numbers", entry.Place(key));
  return numbers;
}

// The number of elements if it is at most `most`, else nothing.
std::optional<std::uint64_t> Product(const std::vector<std::uint64_t>& shape, std::uint64_t most) {
  std::uint64_t product = 1;
  for (const std::uint64_t size : shape) {
    if (size == 0) return 0;
    if (product > most / size) return std::nullopt;
    product *= size;
  }
  return product;
}

// One tensor of the header and its bytes in the data section.
class EntryReader {
 public:
  EntryReader(const MappedFile& file, std::span<const std::byte> data) : file_(file), data_(data) {}

  SafetensorsEntry Read(const std::string& name, const nlohmann::json& value,
                        Extent& extent) const {
    const std::string tensor = fmt::format("{}: tensor {}", file_.path(), Quote(name));
    if (!value.is_object()) FailUser("{} is {}, expected an object", tensor, value.type_name());
    const JsonObject json(value, tensor + ": ");
    const std::vector<std::uint64_t> offsets = ReadNumbers(json, "data_offsets");
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_.size()) {
      FailUser(
          "{}: data_offsets {} do not lie in the data section of {} bytes; the file is truncated "
          "or damaged",
          tensor, json.Value("data_offsets").dump(), data_.size());
    }
    const std::vector<std::uint64_t> shape = ReadNumbers(json, "shape");
    SafetensorsEntry entry;
    entry.dtype = json.Text("dtype");
    CheckBytes(tensor, entry.dtype, shape, offsets[1] - offsets[0]);
    entry.shape.assign(shape.begin(), shape.end());
    entry.data = data_.data() + offsets[0];
    extent = {name, offsets[0], offsets[1]};
    return entry;
  }

 private:
  static void CheckBytes(const std::string& tensor, const std::string& dtype,
                         const std::vector<std::uint64_t>& shape, std::uint64_t bytes) {
    const std::optional<std::uint64_t> element_bytes = ElementBytes(dtype);
    if (!element_bytes.has_value()) return;  // refused by name if the model needs it
    const std::optional<std::uint64_t> elements = Product(shape, bytes / *element_bytes);
    if (elements.has_value() && *elements * *element_bytes == bytes) return;
    FailUser("{}: {} bytes do not fit its type {} and its shape {}", tensor, bytes, dtype,
             nlohmann::json(shape).dump());
  }

  const MappedFile& file_;
  std::span<const std::byte> data_;
};

}  // namespace

SafetensorsFile::SafetensorsFile(std::shared_ptr<const MappedFile> file) : file_(std::move(file)) {
  ByteReader reader(file_->bytes(), file_->path());
  const auto length = reader.Read<std::uint64_t>("the length of the header");
  const std::string_view header = reader.Text(length, "the header");
  if (header.empty() || header[0] != '{') {
    FailUser("{}: not a safetensors file: the header of {} bytes is no JSON object", file_->path(),
             length);
  }
  const nlohmann::json root = ParseJson(header, file_->path() + ": the header");
  const EntryReader entry_reader(*file_, file_->bytes().subspan(reader.position()));
  std::vector<Extent> extents;
  for (const auto& [name, value] : root.items()) {
    if (name == "__metadata__") continue;
    extents.emplace_back();
    entries_[name] = entry_reader.Read(name, value, extents.back());
  }
  CheckOverlaps(file_->path(), std::move(extents));
}

DType ParseSafetensorsType(const std::string& path, const std::string& name,
                           const std::string& dtype) {
  if (dtype == "F32") return DType::kF32;
  if (dtype == "F16") return DType::kF16;
  if (dtype == "BF16") return DType::kBF16;
  FailUser("{}: tensor {} has type {}, expected F32, F16 or BF16", path, Quote(name), Quote(dtype));
}

StoredTensor StoreTensor(const SafetensorsFile& file, const std::string& name,
                         const SafetensorsEntry& entry, std::string canonical_name) {
  const std::string& path = file.file()->path();
  StoredTensor stored;
  stored.info.name = std::move(canonical_name);
  stored.info.dtype = ParseSafetensorsType(path, name, entry.dtype);
  if (entry.shape.empty() || entry.shape.size() > 2) {
    FailUser("{}: tensor {} has {} dimensions, expected 1 or 2", path, Quote(name),
             entry.shape.size());
  }
  stored.info.rows = entry.shape.size() == 2 ? entry.shape[0] : 1;
  stored.info.columns = entry.shape.back();
  stored.data = entry.data;
  return stored;
}

}  // namespace jupiter

#include "model/loaders/gguf_file.h"

#include <limits>
#include <utility>

#include "kernels/base/check.h"
#include "model/loaders/gguf_parser.h"

namespace jupiter {
namespace {

constexpr std::int64_t kDefaultAlignment = 32;
constexpr std::int64_t kMostAlignment = 1 << 20;

const char* KindName(const GgufValue& value) {
  static constexpr const char* kNames[] = {"a bool",
                                           "a signed integer",
                                           "an unsigned integer",
                                           "a real number",
                                           "a string",
                                           "an array of bools",
                                           "an array of signed integers",
                                           "an array of unsigned integers",
                                           "an array of real numbers",
                                           "an array of strings"};
  static_assert(std::size(kNames) == std::variant_size_v<GgufValue>);
  return kNames[value.index()];
}

[[noreturn]] void FailKind(const MappedFile& file, std::string_view key, const GgufValue& value,
                           const char* expected) {
  FailUser("{}: key {} is {}, expected {}", file.path(), Quote(key), KindName(value), expected);
}

std::int64_t Narrow(const MappedFile& file, std::string_view key, std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    FailUser("{}: key {} is {}, which is too large", file.path(), Quote(key), value);
  }
  return static_cast<std::int64_t>(value);
}

// The data section begins at the next multiple of the alignment after the directory.
std::span<const std::byte> DataSection(const MappedFile& file, std::uint64_t position,
                                       std::int64_t alignment) {
  if (alignment < 8 || alignment > kMostAlignment || alignment % 8 != 0) {
    FailUser("{}: general.alignment is {}, expected a multiple of 8 up to {}", file.path(),
             alignment, kMostAlignment);
  }
  const auto step = static_cast<std::uint64_t>(alignment);
  const std::uint64_t begin = (position + step - 1) / step * step;
  if (begin >= file.bytes().size()) return {};
  return file.bytes().subspan(begin);
}

void CheckOffsets(const MappedFile& file, const std::vector<GgufTensor>& tensors,
                  std::span<const std::byte> data, std::int64_t alignment) {
  for (const GgufTensor& tensor : tensors) {
    if (tensor.offset >= data.size()) {
      FailUser("{}: tensor {} begins at byte {} of the data section, which has only {}",
               file.path(), Quote(tensor.name), tensor.offset, data.size());
    }
    if (tensor.offset % static_cast<std::uint64_t>(alignment) != 0) {
      FailUser(
          "{}: tensor {} begins at byte {} of the data section, which is no multiple of the "
          "alignment {}",
          file.path(), Quote(tensor.name), tensor.offset, alignment);
    }
  }
}

}  // namespace

GgufFile::GgufFile(std::shared_ptr<const MappedFile> file) : file_(std::move(file)) {
  GgufParser parser(*file_);
  parser.ReadHeader();
  version_ = parser.version();
  values_ = parser.ReadValues();
  tensors_ = parser.ReadTensors();
  const std::int64_t alignment =
      Has("general.alignment") ? Integer("general.alignment") : kDefaultAlignment;
  data_ = DataSection(*file_, parser.position(), alignment);
  CheckOffsets(*file_, tensors_, data_, alignment);
}

bool GgufFile::Has(std::string_view key) const {
  return values_.find(std::string(key)) != values_.end();
}

const GgufValue& GgufFile::Value(std::string_view key) const {
  const auto found = values_.find(std::string(key));
  if (found == values_.end()) {
    FailUser("{}: key {} is missing from the metadata", file_->path(), Quote(key));
  }
  return found->second;
}

std::int64_t GgufFile::Integer(std::string_view key) const {
  const GgufValue& value = Value(key);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return Narrow(*file_, key, *number);
  FailKind(*file_, key, value, "an integer");
}

double GgufFile::Real(std::string_view key) const {
  const GgufValue& value = Value(key);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*number);
  FailKind(*file_, key, value, "a number");
}

bool GgufFile::Bool(std::string_view key) const {
  const GgufValue& value = Value(key);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  FailKind(*file_, key, value, "a bool");
}

const std::string& GgufFile::String(std::string_view key) const {
  const GgufValue& value = Value(key);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  FailKind(*file_, key, value, "a string");
}

std::vector<std::int64_t> GgufFile::Integers(std::string_view key) const {
  const GgufValue& value = Value(key);
  if (const auto* items = std::get_if<std::vector<std::int64_t>>(&value)) return *items;
  const auto* items = std::get_if<std::vector<std::uint64_t>>(&value);
  if (items == nullptr) FailKind(*file_, key, value, "an array of integers");
  std::vector<std::int64_t> narrowed;
  narrowed.reserve(items->size());
  for (const std::uint64_t item : *items) narrowed.push_back(Narrow(*file_, key, item));
  return narrowed;
}

const std::vector<double>& GgufFile::Reals(std::string_view key) const {
  const GgufValue& value = Value(key);
  if (const auto* items = std::get_if<std::vector<double>>(&value)) return *items;
  FailKind(*file_, key, value, "an array of real numbers");
}

const std::vector<std::string>& GgufFile::Strings(std::string_view key) const {
  const GgufValue& value = Value(key);
  if (const auto* items = std::get_if<std::vector<std::string>>(&value)) return *items;
  FailKind(*file_, key, value, "an array of strings");
}

}  // namespace jupiter

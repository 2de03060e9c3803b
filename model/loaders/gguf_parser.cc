#include "model/loaders/gguf_parser.h"

#include <limits>
#include <unordered_set>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr std::uint32_t kGgufMagic = 0x46554747;  // "GGUF"
constexpr std::uint64_t kMostGgufKeyBytes = 65535;
constexpr std::uint64_t kMostArrayItems = std::uint64_t{1} << 26;
constexpr std::uint32_t kMostDimensions = 4;
// Least bytes of an entry: a key-value pair (length, kind, one byte), a tensor (length, number of
// dimensions, one dimension, type, offset).
constexpr std::uint64_t kLeastValueBytes = 8 + 4 + 1;
constexpr std::uint64_t kLeastTensorBytes = 8 + 4 + 8 + 4 + 8;

// Value kinds as numbered by the specification.
enum Kind : std::uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12,
};

}  // namespace

void GgufParser::ReadHeader() {
  const std::string& path = reader_.path();
  const auto magic = reader_.Read<std::uint32_t>("the magic");
  if (magic != kGgufMagic) {
    FailUser("{}: not a GGUF file: the magic is {:#010x}, expected {:#010x} (\"GGUF\")", path,
             magic, kGgufMagic);
  }
  const auto version = reader_.Read<std::uint32_t>("the version");
  if (version != 2 && version != 3) {
    const bool swapped = version == 0x02000000 || version == 0x03000000;
    FailUser("{}: GGUF version {} is not supported, expected 2 or 3{}", path, version,
             swapped ? "; the file is big endian" : "");
  }
  version_ = static_cast<int>(version);
  tensor_count_ = reader_.Read<std::uint64_t>("the number of tensors");
  value_count_ = reader_.Read<std::uint64_t>("the number of metadata values");
  reader_.Need(value_count_, kLeastValueBytes, "the metadata");
  reader_.Need(tensor_count_, kLeastTensorBytes, "the tensor directory");
}

std::unordered_map<std::string, GgufValue> GgufParser::ReadValues() {
  std::unordered_map<std::string, GgufValue> values;
  for (std::uint64_t i = 0; i < value_count_; ++i) {
    place_ = fmt::format("metadata value {} of {}", i + 1, value_count_);
    std::string key = ReadString(place_, kMostGgufKeyBytes);
    place_ = "key " + Quote(key);
    auto kind = reader_.Read<std::uint32_t>(place_);
    const bool array = kind == kArray;
    if (array) kind = reader_.Read<std::uint32_t>(place_);
    GgufValue value = ReadValue(kind, array);
    if (!values.emplace(std::move(key), std::move(value)).second) {
      FailUser("{}: {} occurs twice", reader_.path(), place_);
    }
  }
  return values;
}

std::vector<GgufTensor> GgufParser::ReadTensors() {
  reader_.Need(tensor_count_, kLeastTensorBytes, "the tensor directory");
  std::vector<GgufTensor> tensors;
  std::unordered_set<std::string> names;
  for (std::uint64_t i = 0; i < tensor_count_; ++i) {
    place_ = fmt::format("entry {} of {} of the tensor directory", i + 1, tensor_count_);
    tensors.push_back(ReadTensor());
    if (!names.insert(tensors.back().name).second) {
      FailUser("{}: {} occurs twice", reader_.path(), place_);
    }
  }
  return tensors;
}

GgufTensor GgufParser::ReadTensor() {
  GgufTensor tensor;
  tensor.name = ReadString(place_, kMostGgufKeyBytes);
  place_ = "tensor " + Quote(tensor.name);
  const auto dimensions = reader_.Read<std::uint32_t>(place_);
  if (dimensions < 1 || dimensions > kMostDimensions) {
    FailUser("{}: {} has {} dimensions, expected 1 to {}", reader_.path(), place_, dimensions,
             kMostDimensions);
  }
  std::uint64_t elements = 1;
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    const auto dimension = reader_.Read<std::uint64_t>(place_);
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (dimension < 1 || dimension > kMost / elements) {
      FailUser("{}: {} has an impossible dimension of {}", reader_.path(), place_, dimension);
    }
    elements *= dimension;
    tensor.dimensions.push_back(static_cast<std::int64_t>(dimension));
  }
  tensor.type = reader_.Read<std::uint32_t>(place_);
  tensor.offset = reader_.Read<std::uint64_t>(place_);
  return tensor;
}

std::string GgufParser::ReadString(std::string_view what, std::uint64_t most) {
  const auto length = reader_.Read<std::uint64_t>(what);
  if (length > most) {
    FailUser("{}: {} at byte {} has a name of {} bytes, expected at most {}", reader_.path(), what,
             reader_.position() - 8, length, most);
  }
  return std::string(reader_.Text(length, what));
}

std::uint64_t GgufParser::ReadCount(std::uint64_t least_item_bytes) {
  const auto count = reader_.Read<std::uint64_t>(place_);
  reader_.Need(count, least_item_bytes, place_);
  if (count > kMostArrayItems) {
    FailUser("{}: {} is an array of {} items, expected at most {}", reader_.path(), place_, count,
             kMostArrayItems);
  }
  return count;
}

GgufValue GgufParser::ReadValue(std::uint32_t kind, bool array) {
  switch (kind) {
    case kU8: return ReadNumbers<std::uint8_t, std::uint64_t>(array);
    case kI8: return ReadNumbers<std::int8_t, std::int64_t>(array);
    case kU16: return ReadNumbers<std::uint16_t, std::uint64_t>(array);
    case kI16: return ReadNumbers<std::int16_t, std::int64_t>(array);
    case kU32: return ReadNumbers<std::uint32_t, std::uint64_t>(array);
    case kI32: return ReadNumbers<std::int32_t, std::int64_t>(array);
    case kF32: return ReadNumbers<float, double>(array);
    case kU64: return ReadNumbers<std::uint64_t, std::uint64_t>(array);
    case kI64: return ReadNumbers<std::int64_t, std::int64_t>(array);
    case kF64: return ReadNumbers<double, double>(array);
    case kBool: return ReadBools(array);
    case kString: return ReadStrings(array);
    case kArray:
      FailUser("{}: {} is an array of arrays, which is not supported", reader_.path(), place_);
  }
  FailUser("{}: {} has unknown value kind {}", reader_.path(), place_, kind);
}

template <typename Stored, typename Wide>
GgufValue GgufParser::ReadNumbers(bool array) {
  if (!array) return GgufValue(std::in_place_type<Wide>, reader_.Read<Stored>(place_));
  std::vector<Wide> items(ReadCount(sizeof(Stored)));
  for (Wide& item : items) item = static_cast<Wide>(reader_.Take<Stored>());
  return items;
}

bool GgufParser::ReadBool() {
  const auto byte = reader_.Read<std::uint8_t>(place_);
  if (byte > 1) FailUser("{}: {} is a bool of {}, expected 0 or 1", reader_.path(), place_, byte);
  return byte == 1;
}

GgufValue GgufParser::ReadBools(bool array) {
  if (!array) return ReadBool();
  std::vector<bool> items(ReadCount(1));
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = ReadBool();
  return items;
}

GgufValue GgufParser::ReadStrings(bool array) {
  constexpr std::uint64_t kAnyLength = std::numeric_limits<std::uint64_t>::max();
  if (!array) return ReadString(place_, kAnyLength);
  std::vector<std::string> items(ReadCount(sizeof(std::uint64_t)));
  for (std::string& item : items) item = ReadString(place_, kAnyLength);
  return items;
}

}  // namespace jupiter

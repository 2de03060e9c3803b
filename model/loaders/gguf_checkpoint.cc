#include "model/loaders/gguf_checkpoint.h"

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/checkpoint/mapped_checkpoint.h"
#include "model/checkpoint/unused_tensors.h"
#include "model/loaders/gguf_file.h"
#include "model/loaders/gguf_model.h"
#include "model/loaders/gguf_types.h"

namespace jupiter {
namespace {

std::uint64_t TensorBytes(const GgufFile& gguf, const GgufTensor& tensor, const GgufType& type) {
  if (tensor.dimensions[0] % type.block_elements != 0) {
    FailUser("{}: tensor {} is {} with rows of {} elements, expected a multiple of {}",
             gguf.file().path(), Quote(tensor.name), type.name, tensor.dimensions[0],
             type.block_elements);
  }
  std::uint64_t blocks = 1;  // the directory's reader bounds the product of the dimensions
  for (const std::int64_t dimension : tensor.dimensions) {
    blocks *= static_cast<std::uint64_t>(dimension);
  }
  blocks /= static_cast<std::uint64_t>(type.block_elements);
  const auto bytes = static_cast<std::uint64_t>(type.block_bytes);
  const std::uint64_t left = gguf.data().size() - tensor.offset;
  if (blocks > left / bytes) {
    FailUser(
        "{}: tensor {} is truncated: {} blocks of {} bytes at byte {} of the data section, which "
        "ends after {} more",
        gguf.file().path(), Quote(tensor.name), blocks, bytes, tensor.offset, left);
  }
  return blocks * bytes;
}

// Every tensor of a known type lies inside the file and none overlap.
void CheckExtents(const GgufFile& gguf) {
  std::vector<Extent> extents;
  for (const GgufTensor& tensor : gguf.tensors()) {
    const GgufType* type = FindGgufType(tensor.type);
    if (type == nullptr) continue;
    extents.push_back(
        {tensor.name, tensor.offset, tensor.offset + TensorBytes(gguf, tensor, *type)});
  }
  CheckOverlaps(gguf.file().path(), std::move(extents));
}

DType ReadTensorType(const GgufFile& gguf, const GgufTensor& tensor) {
  const GgufType* type = FindGgufType(tensor.type);
  if (type != nullptr && type->dtype.has_value()) return *type->dtype;
  FailUser("{}: tensor {} has type {}, expected F32, F16, BF16, Q8_0, Q4_0, Q4_K or Q6_K",
           gguf.file().path(), Quote(tensor.name),
           type != nullptr ? std::string(type->name) : fmt::format("{} (unknown)", tensor.type));
}

StoredTensor Store(const GgufFile& gguf, const GgufTensor& tensor, std::string canonical_name) {
  StoredTensor stored;
  stored.info = {std::move(canonical_name), ReadTensorType(gguf, tensor), 1, tensor.dimensions[0]};
  for (std::size_t i = 1; i < tensor.dimensions.size(); ++i) {
    stored.info.rows *= tensor.dimensions[i];
  }
  stored.data = gguf.data().data() + tensor.offset;
  return stored;
}

class GgufCheckpoint : public MappedCheckpoint {
 public:
  explicit GgufCheckpoint(std::shared_ptr<const MappedFile> file) : MappedCheckpoint(file->path()) {
    Keep(file);
    const GgufFile gguf(std::move(file));
    ModelConfig config = ReadGgufConfig(gguf);
    ValidateConfig(config, source());
    CheckExtents(gguf);
    std::unordered_map<std::string, const GgufTensor*> unused;
    for (const GgufTensor& tensor : gguf.tensors()) unused.emplace(tensor.name, &tensor);
    std::vector<StoredTensor> stored;
    for (TensorInfo& expected : ExpectedTensors(config)) {
      const auto entry = unused.find(GgufTensorName(expected.name));
      if (entry == unused.end()) continue;  // Publish reports it
      stored.push_back(Store(gguf, *entry->second, std::move(expected.name)));
      unused.erase(entry);
    }
    for (const auto& [name, tensor] : unused) RefuseUnused(source(), name);
    PublishStored(std::move(config), stored, GgufTensorName);
  }

  std::string_view format() const override { return "gguf"; }
};

}  // namespace

bool LooksLikeGguf(const MappedFile& file) {
  constexpr std::string_view kMagic = "GGUF";
  const auto* start = reinterpret_cast<const char*>(file.bytes().data());
  return file.bytes().size() >= kMagic.size() && std::string_view(start, kMagic.size()) == kMagic;
}

std::unique_ptr<Checkpoint> LoadGguf(std::shared_ptr<const MappedFile> file) {
  return std::make_unique<GgufCheckpoint>(std::move(file));
}

std::unique_ptr<Checkpoint> OpenGguf(const std::string& path) {
  return LoadGguf(MappedFile::Open(path));
}

}  // namespace jupiter

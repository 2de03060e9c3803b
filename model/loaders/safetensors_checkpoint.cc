#include "model/loaders/safetensors_checkpoint.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/checkpoint/mapped_checkpoint.h"
#include "model/checkpoint/unused_tensors.h"
#include "model/loaders/hf_model.h"
#include "model/loaders/safetensors_shards.h"

namespace jupiter {
namespace {

ModelConfig ReadConfig(const std::string& directory) {
  const std::string path = directory + "/config.json";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    FailUser("{}: holds no config.json, so it is no Hugging Face model directory", directory);
  }
  const auto file = MappedFile::Open(path);
  ByteReader reader(file->bytes(), path);
  std::filesystem::path trimmed = std::filesystem::path(directory).lexically_normal();
  if (!trimmed.has_filename()) trimmed = trimmed.parent_path();
  return ReadHfConfig(reader.Text(reader.left(), "the configuration"), path,
                      trimmed.filename().string());
}

class SafetensorsCheckpoint : public MappedCheckpoint {
 public:
  explicit SafetensorsCheckpoint(const std::string& directory) : MappedCheckpoint(directory) {
    ModelConfig config = ReadConfig(directory);
    const SafetensorsShards shards(directory);
    for (const auto& [name, file] : shards.files()) Keep(file.file());
    auto unused = shards.tensors();
    if (config.tied_head) unused.erase("lm_head.weight");  // some files store the table twice
    std::vector<StoredTensor> stored;
    for (TensorInfo& expected : ExpectedTensors(config)) {
      const auto entry = unused.find(HfTensorName(expected.name));
      if (entry == unused.end()) continue;  // Publish reports it
      const auto& [file, place] = entry->second;
      stored.push_back(StoreTensor(*file, entry->first, *place, std::move(expected.name)));
      unused.erase(entry);
    }
    for (const auto& [name, place] : unused) RefuseUnused(place.file->file()->path(), name);
    PublishStored(std::move(config), stored, HfTensorName);
  }

  std::string_view format() const override { return "safetensors"; }
};

}  // namespace

std::unique_ptr<Checkpoint> OpenSafetensors(const std::string& directory) {
  return std::make_unique<SafetensorsCheckpoint>(directory);
}

}  // namespace jupiter

#include "model/loaders/medusa_file.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/checkpoint/json_object.h"
#include "model/checkpoint/mapped_checkpoint.h"
#include "model/loaders/medusa_synthetic.h"
#include "model/loaders/safetensors_file.h"

namespace jupiter {
namespace {

constexpr const char* kFileName = "medusa_lm_head.safetensors";

std::vector<std::string> NamesOf(const SafetensorsFile& file) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : file.entries()) names.push_back(name);
  return names;
}

void CheckWidth(const std::string& path, const std::string& what, std::int64_t found,
                std::int64_t expected, const ModelConfig& config) {
  if (found == expected) return;
  FailUser("{}: heads with {} {}, but {} has {}; they belong to another model", path, what, found,
           config.name, expected);
}

// Checked before any single tensor.
void CheckTargetModel(const std::string& path, const MedusaLayout& layout,
                      const std::vector<StoredTensor>& stored, const ModelConfig& config) {
  for (const StoredTensor& tensor : stored) {
    CheckWidth(path, "a hidden width of", tensor.info.columns, config.hidden, config);
    if (layout.own_output && tensor.info.name == MedusaOutput(0, layout.blocks)) {
      CheckWidth(path, "a vocabulary of", tensor.info.rows, config.vocab, config);
    }
  }
}

class MedusaCheckpoint : public MappedCheckpoint {
 public:
  MedusaCheckpoint(const SafetensorsFile& file, const MedusaNames& names, ModelConfig config)
      : MappedCheckpoint(file.file()->path()) {
    Keep(file.file());
    std::vector<StoredTensor> stored;
    for (const auto& [name, entry] : file.entries()) {
      stored.push_back(StoreTensor(file, name, entry, name.substr(names.prefix.size())));
    }
    CheckTargetModel(source(), names.layout, stored, config);
    std::vector<TensorInfo> expected = MedusaTensors(names.layout, config);
    PublishStored(std::move(config), std::move(expected), stored,
                  [&](const std::string& name) { return names.prefix + name; });
  }

  std::string_view format() const override { return "safetensors"; }
};

// What config.json says of heads; nothing where there is no such file.
void CheckConfigFile(const std::string& path, const MedusaLayout& layout) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return;
  const auto file = MappedFile::Open(path);
  ByteReader reader(file->bytes(), path);
  const nlohmann::json root = ParseJson(reader.Text(reader.left(), "the configuration"), path);
  const JsonObject json(root, path + ": ");
  const int heads = json.CountOr("medusa_num_heads", layout.heads);
  if (heads > layout.heads) {
    FailUser("{} is {}, but the file beside it holds {} heads", json.Place("medusa_num_heads"),
             heads, layout.heads);
  }
  if (!json.Has("medusa_num_layers")) return;
  const std::int64_t blocks = json.Integer("medusa_num_layers");
  if (blocks != layout.blocks) {
    FailUser("{} is {}, but the heads in the file beside it have {} blocks",
             json.Place("medusa_num_layers"), blocks, layout.blocks);
  }
}

std::string FindFile(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return path;
  const std::string file = path + "/" + kFileName;
  if (std::filesystem::exists(file, error)) return file;
  FailUser("{}: holds no {} (heads in a .pt file must be converted to safetensors first)", path,
           kFileName);
}

}  // namespace

MedusaFile LoadMedusa(std::shared_ptr<const MappedFile> mapped, const ModelConfig& config) {
  const SafetensorsFile file(std::move(mapped));
  const MedusaNames names = ReadMedusaNames(file.file()->path(), NamesOf(file));
  return {names.layout, std::make_unique<MedusaCheckpoint>(file, names, config)};
}

MedusaFile OpenMedusa(const std::string& path, const ModelConfig& config) {
  if (path.compare(0, 10, "synthetic:") == 0) return MakeSyntheticMedusa(path, config);
  const std::string found = FindFile(path);
  MedusaFile file = LoadMedusa(MappedFile::Open(found), config);
  CheckConfigFile((std::filesystem::path(found).parent_path() / "config.json").string(),
                  file.layout);
  return file;
}

}  // namespace jupiter

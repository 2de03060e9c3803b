#include "model/loaders/safetensors_shards.h"

#include <filesystem>
#include <utility>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/checkpoint/json_object.h"

namespace jupiter {

SafetensorsShards::SafetensorsShards(const std::string& directory) {
  const std::string single = directory + "/model.safetensors";
  const std::string index = single + ".index.json";
  std::error_code error;
  if (std::filesystem::exists(index, error)) {
    OpenIndexed(directory, index);
    return;
  }
  if (!std::filesystem::exists(single, error)) {
    FailUser("{}: holds neither model.safetensors nor model.safetensors.index.json", directory);
  }
  const SafetensorsFile& file = OpenShard(directory, single, "model.safetensors");
  for (const auto& [name, entry] : file.entries()) tensors_[name] = {&file, &entry};
}

void SafetensorsShards::OpenIndexed(const std::string& directory, const std::string& index_path) {
  const auto index_file = MappedFile::Open(index_path);
  ByteReader reader(index_file->bytes(), index_path);
  const nlohmann::json root = ParseJson(reader.Text(reader.left(), "the index"), index_path);
  const JsonObject json(root, index_path + ": ");
  json.Object("weight_map");  // must be an object
  for (const auto& [tensor, shard] : json.Value("weight_map").items()) {
    if (!shard.is_string()) {
      FailUser("{}: tensor {} is mapped to {}, expected a file name", index_path, Quote(tensor),
               shard.type_name());
    }
    const SafetensorsFile& file = OpenShard(directory, index_path, shard.get<std::string>());
    const auto entry = file.entries().find(tensor);
    if (entry == file.entries().end()) {
      FailUser("{}: tensor {} is missing, though {} places it there", file.file()->path(),
               Quote(tensor), index_path);
    }
    tensors_[tensor] = {&file, &entry->second};
  }
}

const SafetensorsFile& SafetensorsShards::OpenShard(const std::string& directory,
                                                    const std::string& index_path,
                                                    const std::string& name) {
  const auto found = files_.find(name);
  if (found != files_.end()) return found->second;
  const std::string_view forbidden("/\\\0", 3);
  if (name.empty() || name == "." || name == ".." ||
      name.find_first_of(forbidden) != std::string::npos) {
    FailUser("{}: the shard {} is not the name of a file in this directory", index_path,
             Quote(name));
  }
  const std::string path = directory + "/" + name;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    FailUser("{}: the shard {} is missing from the directory", index_path, Quote(name));
  }
  return files_.emplace(name, SafetensorsFile(MappedFile::Open(path))).first->second;
}

}  // namespace jupiter

// The safetensors files of a directory, seen as one.
#pragma once

#include <map>
#include <string>

#include "model/loaders/safetensors_file.h"

namespace jupiter {

class SafetensorsShards {
 public:
  // Opens model.safetensors, or the files that model.safetensors.index.json names. Throws
  // UserError.
  explicit SafetensorsShards(const std::string& directory);

  struct Place {
    const SafetensorsFile* file = nullptr;
    const SafetensorsEntry* entry = nullptr;
  };
  // By the name in the files.
  const std::map<std::string, Place>& tensors() const { return tensors_; }
  const std::map<std::string, SafetensorsFile>& files() const { return files_; }

 private:
  void OpenIndexed(const std::string& directory, const std::string& index_path);
  const SafetensorsFile& OpenShard(const std::string& directory, const std::string& index_path,
                                   const std::string& name);

  std::map<std::string, SafetensorsFile> files_;  // by file name
  std::map<std::string, Place> tensors_;
};

}  // namespace jupiter

// A checkpoint whose tensors lie in mapped files: what the file loaders share.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/mapped_file.h"

namespace jupiter {

struct StoredTensor {
  TensorInfo info;
  const std::byte* data = nullptr;  // rows back to back, inside a mapped file
};

// Bytes [begin, end) of a data section and whose they are.
struct Extent {
  std::string name;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// Throws UserError when two extents share a byte.
void CheckOverlaps(const std::string& path, std::vector<Extent> extents);

class MappedCheckpoint : public Checkpoint {
 public:
  void DropPages() override;

 protected:
  using Checkpoint::Checkpoint;
  // Of a model, or of anything else that has these tensors.
  void PublishStored(ModelConfig config, const std::vector<StoredTensor>& stored,
                     const NameInFile& name_in_file);
  void PublishStored(ModelConfig config, std::vector<TensorInfo> expected,
                     const std::vector<StoredTensor>& stored, const NameInFile& name_in_file);
  // Keeps a file mapped while this object lives.
  void Keep(std::shared_ptr<const MappedFile> file) { files_.push_back(std::move(file)); }

 private:
  HostTensor DoRead(const TensorInfo& info, std::int64_t row_begin, std::int64_t row_end) override;

  std::vector<std::shared_ptr<const MappedFile>> files_;
  std::unordered_map<std::string, const std::byte*> data_;
};

}  // namespace jupiter

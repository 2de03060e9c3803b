#include "model/checkpoint/mapped_checkpoint.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"

namespace jupiter {
namespace {

// Devices read rows as elements: safetensors headers may leave the data at any byte.
bool IsAligned(const std::byte* data, DType dtype) {
  const std::uintptr_t step = dtype == DType::kF32 ? 4 : 2;
  return reinterpret_cast<std::uintptr_t>(data) % step == 0;
}

std::shared_ptr<const std::byte> CopyBytes(const std::byte* data, std::int64_t bytes) {
  std::shared_ptr<std::byte[]> copy(new std::byte[static_cast<std::size_t>(bytes)]);
  if (bytes > 0) std::memcpy(copy.get(), data, static_cast<std::size_t>(bytes));
  return {copy, copy.get()};
}

}  // namespace

void CheckOverlaps(const std::string& path, std::vector<Extent> extents) {
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  for (std::size_t i = 1; i < extents.size(); ++i) {
    const Extent& first = extents[i - 1];
    const Extent& second = extents[i];
    if (second.begin < first.end) {
      FailUser("{}: tensors {} (bytes {}-{}) and {} (bytes {}-{}) overlap", path, Quote(first.name),
               first.begin, first.end, Quote(second.name), second.begin, second.end);
    }
  }
}

void MappedCheckpoint::PublishStored(ModelConfig config, const std::vector<StoredTensor>& stored,
                                     const NameInFile& name_in_file) {
  // Only numbers within bounds become sizes of tensors.
  ValidateConfig(config, source());
  std::vector<TensorInfo> expected = ExpectedTensors(config);
  PublishStored(std::move(config), std::move(expected), stored, name_in_file);
}

void MappedCheckpoint::PublishStored(ModelConfig config, std::vector<TensorInfo> expected,
                                     const std::vector<StoredTensor>& stored,
                                     const NameInFile& name_in_file) {
  std::vector<TensorInfo> found;
  found.reserve(stored.size());
  for (const StoredTensor& tensor : stored) {
    found.push_back(tensor.info);
    data_[tensor.info.name] = tensor.data;
  }
  Publish(std::move(config), std::move(expected), std::move(found), name_in_file);
}

void MappedCheckpoint::DropPages() {
  for (const auto& file : files_) file->DropPages();
}

HostTensor MappedCheckpoint::DoRead(const TensorInfo& info, std::int64_t row_begin,
                                    std::int64_t row_end) {
  const std::int64_t row_bytes = RowBytes(info.dtype, info.columns);
  const std::int64_t rows = row_end - row_begin;
  const std::byte* const data = data_.at(info.name) + row_begin * row_bytes;
  HostTensor tensor{{data, info.dtype, rows, info.columns, row_bytes}, nullptr};
  if (!IsAligned(data, info.dtype)) {
    tensor.storage = CopyBytes(data, rows * row_bytes);
    tensor.view.data = tensor.storage.get();
  }
  return tensor;
}

}  // namespace jupiter

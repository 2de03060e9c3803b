#include "model/loaders/safetensors_writer.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/base/check.h"
#include "kernels/base/half.h"
#include "model/checkpoint/byte_reader.h"

namespace jupiter {
namespace {

// Values that follow one another are written through a buffer of this many.
constexpr std::size_t kChunk = 4096;

std::string MakeHeader(DType dtype, const std::vector<FloatTensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  nlohmann::json header;
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::int64_t offset = 0;
  for (const FloatTensor& tensor : tensors) {
    const std::int64_t bytes = RowBytes(dtype, std::ssize(tensor.values));
    header[tensor.name] = {{"dtype", dtype == DType::kF32 ? "F32" : "F16"},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data begins at a multiple of 8
  return text;
}

void WriteBytes(std::ofstream& file, const void* data, std::size_t bytes) {
  file.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
}

void CheckHolds(const std::string& path, const FloatTensor& tensor, DType dtype, bool holds) {
  if (holds) return;
  FailUser("{}: tensor {} has a value that is not finite as {}", path, Quote(tensor.name),
           Name(dtype));
}

void WriteChunk(std::ofstream& file, const std::string& path, DType dtype,
                const FloatTensor& tensor, std::span<const float> values) {
  const auto finite = [](float value) { return std::isfinite(value); };
  CheckHolds(path, tensor, dtype, std::all_of(values.begin(), values.end(), finite));
  if (dtype == DType::kF32) return WriteBytes(file, values.data(), values.size_bytes());
  std::vector<Half> halves(values.size());
  std::transform(values.begin(), values.end(), halves.begin(), ToHalf);
  CheckHolds(path, tensor, dtype, std::all_of(halves.begin(), halves.end(), [&](Half half) {
               return finite(ToFloat(half));
             }));
  WriteBytes(file, halves.data(), halves.size() * sizeof(Half));
}

}  // namespace

void WriteSafetensors(const std::string& path, DType dtype, const std::vector<FloatTensor>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  JUPITER_CHECK(dtype == DType::kF32 || dtype == DType::kF16, "{}", Name(dtype));
  std::ofstream file(path, std::ios::binary);
  if (!file) FailUser("{}: cannot be written; check that the folder exists", path);
  const std::string header = MakeHeader(dtype, tensors, metadata);
  const std::uint64_t length = header.size();
  WriteBytes(file, &length, sizeof length);
  WriteBytes(file, header.data(), header.size());
  for (const FloatTensor& tensor : tensors) {
    for (std::size_t at = 0; at < tensor.values.size(); at += kChunk) {
      const std::size_t count = std::min(kChunk, tensor.values.size() - at);
      WriteChunk(file, path, dtype, tensor, tensor.values.subspan(at, count));
    }
  }
  file.flush();
  if (!file) FailUser("{}: could not be written to its end; is the disk full?", path);
}

}  // namespace jupiter

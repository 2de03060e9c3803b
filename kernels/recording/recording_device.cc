#include "kernels/recording/recording_device.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace jupiter {
namespace {

class RecordedWeight : public Weight {
 public:
  using Weight::Weight;
  std::int64_t bytes() const override { return MatrixBytes(dtype(), rows(), columns()); }
};

}  // namespace

std::int64_t RecordingDevice::WeightBytes(DType dtype, std::int64_t rows,
                                          std::int64_t columns) const {
  return MatrixBytes(dtype, rows, columns);
}

std::shared_ptr<std::byte> RecordingDevice::DoAllocate(std::int64_t bytes) {
  if (bytes == 0) return nullptr;
  const auto size = static_cast<std::size_t>(bytes);
  void* space = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (space == MAP_FAILED) throw std::bad_alloc();
  return {static_cast<std::byte*>(space), [size](std::byte* begin) { munmap(begin, size); }};
}

std::unique_ptr<Weight> RecordingDevice::DoLoad(std::string_view, const ConstTensorView& host,
                                                std::int64_t column_begin,
                                                std::int64_t column_end) {
  return std::make_unique<RecordedWeight>(host.dtype, host.rows, column_end - column_begin);
}

void RecordingDevice::DoArgMax(ConstTensorView, std::span<std::int32_t> ids) {
  std::fill(ids.begin(), ids.end(), 0);
}

void RecordingDevice::DoTopK(ConstTensorView, int k, std::span<std::int32_t> ids,
                             std::span<float> values) {
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(i) % k;
  std::fill(values.begin(), values.end(), 0.0f);
}

void RecordingDevice::DoLogSumExp(ConstTensorView, std::span<float> out) {
  std::fill(out.begin(), out.end(), 0.0f);
}

}  // namespace jupiter

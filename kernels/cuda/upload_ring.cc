#include "kernels/cuda/upload_ring.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace jupiter {
namespace {

constexpr std::size_t kFirstBytes = std::size_t{1} << 20;
constexpr std::size_t kAlign = 256;

}  // namespace

UploadRing::UploadRing(GpuRuntime& runtime, GpuStream stream) : runtime_(runtime), stream_(stream) {
  for (Half& half : halves_) half.copied = runtime_.NewEvent();
  Allocate(kFirstBytes);
}

UploadRing::~UploadRing() {
  runtime_.Synchronize(stream_);
  outgrown_.insert(outgrown_.end(), std::begin(halves_), std::end(halves_));
  for (const Half& half : outgrown_) {
    runtime_.FreeHost(half.host);
    runtime_.Free(half.device);
  }
}

void UploadRing::Allocate(std::size_t half_bytes) {
  half_bytes_ = half_bytes;
  used_ = 0;
  const auto bytes = static_cast<std::int64_t>(half_bytes);
  for (Half& half : halves_) {
    half.host = static_cast<std::byte*>(runtime_.AllocateHost(bytes));
    half.device = static_cast<std::byte*>(runtime_.Allocate(bytes));
  }
}

void UploadRing::NextHalf() {
  runtime_.Record(halves_[current_].copied, stream_);
  current_ = (current_ + 1) % kHalves;
  runtime_.Synchronize(halves_[current_].copied);
  used_ = 0;
}

const std::byte* UploadRing::UploadBytes(const void* data, std::size_t bytes) {
  if (bytes > half_bytes_) {
    outgrown_.insert(outgrown_.end(), std::begin(halves_), std::end(halves_));
    Allocate(std::max(2 * half_bytes_, bytes));
  } else if (used_ + bytes > half_bytes_) {
    NextHalf();
  }
  const Half& half = halves_[current_];
  std::byte* host = half.host + used_;
  std::byte* device = half.device + used_;
  if (bytes > 0) std::memcpy(host, data, bytes);
  runtime_.Copy(device, host, static_cast<std::int64_t>(bytes), stream_);
  used_ += (bytes + kAlign - 1) / kAlign * kAlign;
  return device;
}

}  // namespace jupiter
